"""Which of our languages a person reads."""

from collections.abc import Mapping

from bridge.domain.kernel.language import Language


def negotiate(accepted: str, otherwise: Language) -> Language:
    """The best of ours by `Accept-Language` (RFC 9110 §12.5.4); equal weights go by their order."""
    best, most = otherwise, 0.0
    for part in accepted.lower().split(","):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        language = tag.split("-")[0]
        weight = _weight(parameters)
        if language in set(Language) and weight > most:
            best, most = Language(language), weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def of_environment(variables: Mapping[str, str]) -> Language:
    """A command line's: by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set (POSIX, XBD §8.2)."""
    chosen = _chosen(variables)
    return Language.SV if chosen.lower().split("_")[0].split(".")[0] == "sv" else Language.EN


def says_a_language(variables: Mapping[str, str]) -> bool:
    """Whether a command line's environment names any language, ours or not; `C` and `POSIX` are none."""
    return _chosen(variables).split(".")[0] not in ("", "C", "POSIX")


def _chosen(variables: Mapping[str, str]) -> str:
    return next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := variables.get(name))), "")
