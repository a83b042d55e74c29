"""All use cases of one node."""

from dataclasses import dataclass

from bridge.service.accounts import AccountKeeping
from bridge.service.alarms import Alarms
from bridge.service.archive import ArchiveProofs
from bridge.service.callouts import Callouts
from bridge.service.conferences import Conferences
from bridge.service.decisions import Decisions
from bridge.service.directory import DirectoryUpkeep
from bridge.service.evaluations import Evaluations
from bridge.service.exchange import DirectoryFiles
from bridge.service.exercises import ExerciseScenarios
from bridge.service.finding import Finding
from bridge.service.floor import FloorControl
from bridge.service.handovers import Handovers
from bridge.service.hosts import Hosts
from bridge.service.keeping import ArchiveKeeping
from bridge.service.links import Links
from bridge.service.mailings import Mailings
from bridge.service.numbertests import NumberTests
from bridge.service.outbox import Outbox
from bridge.service.overview import Overview
from bridge.service.own import OwnAccount
from bridge.service.participants import Participants
from bridge.service.patches import Patches
from bridge.service.readiness import Readiness
from bridge.service.recordings import Recordings
from bridge.service.reports import Reports
from bridge.service.rollcalls import RollCalls
from bridge.service.rota import Rota
from bridge.service.schedules import Schedules
from bridge.service.sessions import SessionKeeping
from bridge.service.shortdata import ShortData
from bridge.service.siderooms import SideRooms
from bridge.service.situation import SituationReports
from bridge.service.terminals import Terminals
from bridge.service.tokens import TokenKeeping
from bridge.service.trunks import Trunks
from bridge.service.upkeep import Upkeep
from bridge.service.use_case import Ports
from bridge.service.waiting import WaitingRoom
from bridge.service.watching import AuditTrail, Events, SettingsInForce


@dataclass(frozen=True)
class Service:
    """Made once by `bridge.main`, and shared by every way in."""

    conferences: Conferences
    hosts: Hosts
    exercises: ExerciseScenarios
    participants: Participants
    waiting: WaitingRoom
    floor: FloorControl
    rooms: SideRooms
    patches: Patches
    callouts: Callouts
    reports: Reports
    roll_calls: RollCalls
    schedules: Schedules
    situation: SituationReports
    decisions: Decisions
    shortdata: ShortData
    outbox: Outbox
    mailings: Mailings
    links: Links
    evaluations: Evaluations
    recordings: Recordings
    archive: ArchiveProofs
    keeping: ArchiveKeeping
    finding: Finding
    handovers: Handovers
    directory: DirectoryUpkeep
    files: DirectoryFiles
    rota: Rota
    upkeep: Upkeep
    readiness: Readiness
    number_tests: NumberTests
    alarms: Alarms
    overview: Overview
    terminals: Terminals
    trunks: Trunks
    audit: AuditTrail
    settings: SettingsInForce
    events: Events
    accounts: AccountKeeping
    sessions: SessionKeeping
    tokens: TokenKeeping
    own: OwnAccount

    @classmethod
    def on(cls, ports: Ports) -> "Service":
        """Every use case on the same ports."""
        return cls(
            conferences=Conferences(ports),
            hosts=Hosts(ports),
            exercises=ExerciseScenarios(ports),
            participants=Participants(ports),
            waiting=WaitingRoom(ports),
            floor=FloorControl(ports),
            rooms=SideRooms(ports),
            patches=Patches(ports),
            callouts=Callouts(ports),
            reports=Reports(ports),
            roll_calls=RollCalls(ports),
            schedules=Schedules(ports),
            situation=SituationReports(ports),
            decisions=Decisions(ports),
            shortdata=ShortData(ports),
            outbox=Outbox(ports),
            mailings=Mailings(ports),
            links=Links(ports, SituationReports(ports)),
            evaluations=Evaluations(ports),
            recordings=Recordings(ports),
            archive=ArchiveProofs(ports),
            keeping=ArchiveKeeping(ports),
            finding=Finding(ports),
            handovers=Handovers(ports),
            directory=DirectoryUpkeep(ports),
            files=DirectoryFiles(ports),
            rota=Rota(ports),
            upkeep=Upkeep(ports),
            readiness=Readiness(ports),
            number_tests=NumberTests(ports),
            alarms=Alarms(ports),
            overview=Overview(ports),
            terminals=Terminals(ports),
            trunks=Trunks(ports),
            audit=AuditTrail(ports),
            settings=SettingsInForce(ports),
            events=Events(ports),
            accounts=AccountKeeping(ports),
            sessions=SessionKeeping(ports),
            tokens=TokenKeeping(ports),
            own=OwnAccount(ports),
        )
