"""Why something about a side room is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class SideRoomReason(ReasonCode):
    NO_SUCH_ROOM = "no_such_room"
    CLOSED = "room_closed"
    TOO_MANY = "too_many_side_rooms", "most"
    """Every key has its room."""
    TALKGROUP_STAYS = "talkgroup_stays", "talkgroup"
    PRIVATE = "room_is_private"
    NOT_A_SIDE_ROOM = "not_a_side_room"
    TWO_PEOPLE = "consultation_is_for_two"
