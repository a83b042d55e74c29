"""Where everything lies below the state directory."""

from dataclasses import dataclass
from pathlib import Path

from bridge.files import make_folder
from bridge.settings import Settings


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The state directory `var/`, mode 700."""

    state: Path

    @classmethod
    def of(cls, settings: Settings) -> "StatePaths":
        return cls(settings.state.resolve())

    def make(self) -> None:
        for folder in (self.state, self.keys, self.run, self.radio, self.tracks, self.archive, self.logs):
            make_folder(folder)
            folder.chmod(0o700)

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def codes_key(self) -> Path:
        return self.keys / "codes.key"

    @property
    def run(self) -> Path:
        """Locks, process ids and sockets; nothing that must outlive a restart."""
        return self.state / "run"

    @property
    def radio(self) -> Path:
        return self.state / "radio"

    @property
    def archive(self) -> Path:
        return self.state / "archive"

    @property
    def packages(self) -> Path:
        """Packages that are kept until they are fetched."""
        return self.state / "packages"

    @property
    def tracks(self) -> Path:
        """Talkgroups' tracks, until they are archived."""
        return self.state / "tracks"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def operator_token(self) -> Path:
        return self.state / "operator.token"

    @property
    def controller_lock(self) -> Path:
        return self.run / "controller.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.run / "supervisor.lock"

    def database_url(self, settings: Settings) -> str:
        if settings.storage.url is not None:
            return settings.storage.url.get_secret_value()
        return f"sqlite:///{self.state / 'samband.db'}"
