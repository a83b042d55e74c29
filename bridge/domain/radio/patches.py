"""The patches that are not removed."""

from bridge.domain.kernel.ids import ConferenceId, PatchId
from bridge.domain.kernel.step import Step
from bridge.domain.radio.records import PATCHES, Patch, PatchState


def patches_of(step: Step, conference: ConferenceId) -> list[Patch]:
    return [
        patch
        for patch in step.node[PATCHES].values()
        if patch.conference == conference and patch.state is not PatchState.REMOVED
    ]


def patch_of(step: Step, patch: PatchId) -> Patch | None:
    """A patch that is not removed."""
    found = step.node[PATCHES].get(patch)
    return found if found is not None and found.state is not PatchState.REMOVED else None
