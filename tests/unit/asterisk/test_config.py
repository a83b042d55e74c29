"""What the rendered configuration says: loopback, exact numbers, trunks by address, secrets apart."""

import configparser
import re
from pathlib import Path

import pytest

from bridge.ari import names
from bridge.ari.config import REQUIRED_MODULES, Rendered, asterisk_dirs, password_of, render_config, templates_dir
from bridge.ari.install import AsteriskTree
from bridge.ari.reasons import StartReason
from bridge.ari.secrets import AsteriskSecrets
from bridge.ari.settings import AsteriskSettings, TrunkSettings
from bridge.domain.telephony.numbers import dialled_forms
from bridge.ports import PortError

SECRETS = AsteriskSecrets("samband", "ari-password", "samband", "ami-password", "12345678")


@pytest.fixture
def tree(tmp_path: Path) -> AsteriskTree:
    data = tmp_path / "share"
    (data / "documentation").mkdir(parents=True)
    return AsteriskTree(binary=tmp_path / "asterisk", modules_dir=tmp_path / "modules", data_dir=data, root=None)


class Files:
    """The rendered files of one configuration."""

    def __init__(self, state: Path, tree: AsteriskTree) -> None:
        self.state = state
        self.tree = tree

    def render(self, *trunks: TrunkSettings, settings: AsteriskSettings | None = None) -> Rendered:
        tables = trunks or (TrunkSettings(dial="127.0.0.1:5080"),)
        return render_config(settings or AsteriskSettings(), tables, SECRETS, self.tree, self.state)

    def __getitem__(self, name: str) -> str:
        return (self.state / "asterisk/etc" / name).read_text()

    def sections(self, name: str) -> dict[str, list[str]]:
        """Section → its `key = value` lines, those of same-named sections together."""
        found: dict[str, list[str]] = {}
        section = ""
        for line in self[name].splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and not line.startswith((";", "#")):
                found.setdefault(section, []).append(line)
        return found


@pytest.fixture
def files(tmp_path: Path, tree: AsteriskTree) -> Files:
    return Files(tmp_path / "var", tree)


def test_rendering_again_writes_nothing(files: Files) -> None:
    assert "pjsip.conf" in files.render().changed
    assert files.render().changed == ()


def test_only_what_changed_is_told(files: Files) -> None:
    files.render()
    assert files.render(settings=AsteriskSettings(ari_port=9088)).changed == ("http.conf",)


def test_every_file_and_folder_is_the_owners_alone(files: Files) -> None:
    files.render()
    base = files.state / "asterisk"
    assert base.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (base / "etc").rglob("*.conf")} == {0o600}


def test_secrets_stand_in_their_own_files(files: Files) -> None:
    files.render()
    holding = {
        str(path.relative_to(files.state / "asterisk/etc"))
        for path in files.state.rglob("*.conf")
        if any(secret in path.read_text() for secret in ("ari-password", "ami-password", "12345678"))
    }
    assert holding == {"secrets/ari.conf", "secrets/manager.conf", "secrets/confbridge.conf"}


def test_every_directory_lies_inside_the_state(files: Files) -> None:
    dirs = files.render().dirs
    lines = [line for line in files["asterisk.conf"].splitlines() if " => " in line]
    folders = {name: Path(value) for name, value in (line.split(" => ") for line in lines)}
    assert folders.pop("astmoddir") == files.tree.modules_dir
    assert folders.pop("astrundir") == dirs.run  # elsewhere when the path of its socket would be too long
    assert all(folder.is_relative_to(dirs.base) and folder.is_dir() for folder in folders.values())
    assert dirs.recordings.is_dir()
    assert dirs.cdr.parent.is_dir()


def test_what_is_dangerous_is_off(files: Files) -> None:
    files.render()
    assert "live_dangerously = no" in files["asterisk.conf"]
    assert "execincludes = no" in files["asterisk.conf"]
    assert "disable_remote_console_shell = yes" in files["asterisk.conf"]
    assert "autoload = no" in files["modules.conf"]
    for module in ("app_system", "func_shell", "func_curl", "func_env", "res_agi", "pbx_spool", "res_pjsip_refer"):
        assert module not in files["modules.conf"]
    for module in ("endpoint_identifier_anonymous", "endpoint_identifier_user", "res_pjsip_messaging", "registrar"):
        assert module not in files["modules.conf"]


def test_what_asterisk_cannot_do_without_is_required(files: Files) -> None:
    files.render()
    required = re.findall(r"^require = (\w+)\.so$", files["modules.conf"], re.MULTILINE)
    assert sorted(required) == sorted(REQUIRED_MODULES)


def test_ari_and_ami_listen_on_loopback_whatever_sip_does(files: Files) -> None:
    files.render(settings=AsteriskSettings(sip_host="0.0.0.0", ari_port=9088, ami_port=9038))
    assert "bindaddr = 127.0.0.1\nbindport = 9088" in files["http.conf"]
    assert "bindaddr = 127.0.0.1\nport = 9038" in files["manager.conf"]
    assert "webenabled = no" in files["manager.conf"]


def test_no_log_holds_what_callers_key(files: Files) -> None:
    files.render()
    kinds = re.findall(r"^\S+ => (.+)$", files["logger.conf"], re.MULTILINE)
    assert kinds
    assert not {"dtmf", "verbose", "debug", "*"} & {kind for line in kinds for kind in line.split(",")}


def test_only_our_numbers_have_an_extension_and_each_in_every_form(files: Files) -> None:
    numbers = ("+4685555555", "+46313900600")
    files.render(settings=AsteriskSettings(numbers=numbers))
    context = files["extensions.conf"].split("[samband-in]")[1].split("[")[0]
    extensions = re.findall(r"^exten => ([^,]+),1,", context, re.MULTILINE)
    assert sorted(extensions) == sorted(form for number in numbers for form in dialled_forms(number))
    assert not any(extension.startswith("_") for extension in extensions)


def test_a_trunk_is_told_by_address_and_dialled_at_its_own(files: Files) -> None:
    files.render(TrunkSettings(name="a", dial="192.0.2.1:5070", accept_from=("192.0.2.1", "192.0.2.64/28")))
    sections = files.sections("pjsip.conf")
    assert "contact = sip:192.0.2.1:5070" in sections["trunk-a"]
    assert sections["identify-a"][-2:] == ["match = 192.0.2.1", "match = 192.0.2.64/28"]
    assert "endpoint_identifier_order = ip" in sections["global"]
    assert "allow_transfer = no" in sections["trunk-a"]
    assert "set_var = SAMBAND_TRUNK=a" in sections["trunk-a"]


def test_an_address_of_two_trunks_belongs_to_the_first(files: Files) -> None:
    files.render(
        TrunkSettings(dial="127.0.0.1:5080", name="a"),
        TrunkSettings(dial="127.0.0.1:5080", name="b", accept_from=("127.0.0.1", "127.0.0.9")),
    )
    sections = files.sections("pjsip.conf")
    assert "match = 127.0.0.1" in sections["identify-a"]
    assert [line for line in sections["identify-b"] if line.startswith("match")] == ["match = 127.0.0.9"]
    files.render(TrunkSettings(dial="127.0.0.1:5080", name="a"), TrunkSettings(dial="127.0.0.1:5080", name="b"))
    assert "identify-b" not in files.sections("pjsip.conf")


def test_a_trunk_over_tcp_is_dialled_over_tcp(files: Files) -> None:
    files.render(TrunkSettings(dial="127.0.0.1:5080", transport="tcp"))
    trunk = files.sections("pjsip.conf")["trunk-main"]
    assert "contact = sip:127.0.0.1:5080\\;transport=tcp" in trunk  # a bare semicolon begins a comment
    assert "transport = transport-tcp" in trunk


TLS = AsteriskSettings(
    tls_certificate=Path("/etc/samband/ours.pem"), tls_key=Path("/etc/samband/ours.key"), sip_host6="2001:db8::10"
)


def test_a_trunk_over_tls_has_a_socket_with_our_certificate_that_checks_its_own(files: Files) -> None:
    files.render(TrunkSettings(dial="192.0.2.1", transport="tls", srtp=True), settings=TLS)
    sections = files.sections("pjsip.conf")
    socket = sections["transport-tls"]
    assert {"bind = 127.0.0.1:5061", "method = tlsv1_2", "verify_server = yes"} <= set(socket)
    assert {"cert_file = /etc/samband/ours.pem", "priv_key_file = /etc/samband/ours.key"} <= set(socket)
    assert "ca_list_file = /etc/ssl/certs/ca-certificates.crt" in socket
    assert {"media_encryption = sdes", "media_encryption_optimistic = no"} <= set(sections["trunk-main"])
    assert "contact = sip:192.0.2.1:5061\\;transport=tls" in sections["trunk-main"]


def test_nobody_listens_for_tls_where_no_trunk_uses_it(files: Files) -> None:
    files.render(settings=TLS)
    assert "tls" not in files["pjsip.conf"].replace("; ", "").lower().split("[trunk-main]")[0]


def test_a_trunk_by_ipv6_is_dialled_and_heard_by_ipv6(files: Files) -> None:
    files.render(
        TrunkSettings(name="six", dial="[2001:db8::1]:5070", accept_from=("2001:db8::/64",)),
        TrunkSettings(name="four", dial="192.0.2.1"),
        settings=TLS,
    )
    sections = files.sections("pjsip.conf")
    assert "bind = [2001:db8::10]:5060" in sections["transport-udp6"]
    assert {"transport = transport-udp6", "rtp_ipv6 = yes", "media_address = 2001:db8::10"} <= set(
        sections["trunk-six"]
    )
    assert {"transport = transport-udp", "media_address = 127.0.0.1"} <= set(sections["trunk-four"])
    assert "match = 2001:db8::/64" in sections["identify-six"]


def test_of_several_addresses_those_that_answer_are_called_in_order(files: Files) -> None:
    files.render(TrunkSettings(dial="192.0.2.1", then_dial=("192.0.2.2:5070",)))
    sections = files.sections("pjsip.conf")
    assert "contact = sip:192.0.2.1:5060" in sections["watch-main_1"]
    assert {"contact = sip:192.0.2.2:5070", "qualify_frequency = 10"} <= set(sections["watch-main_2"])
    assert "aors = watch-main_1,watch-main_2" in sections["watch-main"]
    assert "aors = watch-main_1,watch-main_2,trunk-main" in sections["trunk-main"]  # the last is never asked
    assert "qualify_frequency = 10" not in sections["trunk-main"]


def test_we_register_at_every_address_of_an_operator(files: Files, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    files.render(
        TrunkSettings(
            dial="sip.example.net",
            then_dial=("sip2.example.net",),
            transport="tls",
            username="samband",
            password_file=password,
            register_at_operator=True,
        ),
        settings=TLS,
    )
    sections = files.sections("pjsip.conf")
    assert "server_uri = sip:sip.example.net:5061\\;transport=tls" in sections["registration-main"]
    assert "server_uri = sip:sip2.example.net:5061\\;transport=tls" in sections["registration-main_2"]
    assert "client_uri = sip:samband@sip.example.net" in sections["registration-main_2"]


def test_a_name_with_records_is_left_for_asterisk_to_look_up(files: Files) -> None:
    files.render(TrunkSettings(dial="example.net", srv=True))
    assert "contact = sip:example.net" in files.sections("pjsip.conf")["trunk-main"]


def test_a_trunk_has_its_own_way_of_keys_codecs_and_calls(files: Files) -> None:
    files.render(
        TrunkSettings(name="a", dial="192.0.2.1", dtmf="info", codecs=("g722", "alaw"), calls_in=7),
        TrunkSettings(name="b", dial="192.0.2.2"),
    )
    sections = files.sections("pjsip.conf")
    assert {"dtmf_mode = info", "allow = g722,alaw", "set_var = SAMBAND_CALLS_IN=7"} <= set(sections["trunk-a"])
    assert {"dtmf_mode = auto", "allow = alaw,ulaw", "set_var = SAMBAND_CALLS_IN=100"} <= set(sections["trunk-b"])


def test_a_password_never_leaves_its_file_and_cannot_break_it(files: Files, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("pass;word [x]\n")
    files.render(
        TrunkSettings(dial="127.0.0.1:5080", username="samband", password_file=password, register_at_operator=True)
    )
    assert "password = pass\\;word [x]" in files["secrets/pjsip.conf"]
    assert "pass" not in files["pjsip.conf"].replace("outbound_auth", "")
    assert "client_uri = sip:samband@127.0.0.1" in files.sections("pjsip.conf")["registration-main"]


@pytest.mark.parametrize("content", ["", "two\nlines", "bell\x07", "x" * 300])
def test_a_password_file_of_another_kind_is_refused_without_showing_it(
    files: Files, tmp_path: Path, content: str
) -> None:
    password = tmp_path / "password"
    password.write_text(content)
    with pytest.raises(PortError, match="password file of trunk main") as refused:
        files.render(TrunkSettings(dial="127.0.0.1:5080", username="samband", password_file=password))
    assert not content or content not in str(refused.value)


def test_a_password_that_everybody_can_read_is_closed_to_them(files: Files, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o644)
    files.render(TrunkSettings(dial="127.0.0.1:5080", username="samband", password_file=password))
    assert password.stat().st_mode & 0o777 == 0o640, "its group may keep it"


def test_a_password_that_stays_open_is_refused_with_the_remedy(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o644)

    def refuses(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuses)
    with pytest.raises(PortError) as refused:
        password_of(TrunkSettings(dial="127.0.0.1:5080", username="samband", password_file=password))
    assert refused.value.reason == StartReason.PASSWORD_OPEN(trunk="main", file=str(password))


def test_a_missing_password_file_names_the_trunk(files: Files, tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"password file of trunk main, .*nowhere, cannot be read"):
        files.render(TrunkSettings(dial="127.0.0.1:5080", username="samband", password_file=tmp_path / "nowhere"))


def test_behind_address_translation_the_public_address_is_told(files: Files) -> None:
    files.render(settings=AsteriskSettings(sip_host="192.0.2.5", public_host="198.51.100.1"))
    sections = files.sections("pjsip.conf")
    assert "external_media_address = 198.51.100.1" in sections["transport-udp"]
    assert "external_signaling_address = 198.51.100.1" in sections["transport-tcp"]


@pytest.mark.parametrize("name", ["a;b", "a\nb", "a<b"])
def test_a_state_directory_asterisk_cannot_name_is_refused(tmp_path: Path, tree: AsteriskTree, name: str) -> None:
    with pytest.raises(PortError, match="character"):
        Files(tmp_path / name, tree).render()


def test_the_control_socket_fits_even_under_a_long_path(tmp_path: Path, tree: AsteriskTree) -> None:
    long = asterisk_dirs(tmp_path / ("x" * 90), tree)
    assert len(str(long.run / "asterisk.ctl")) < 108
    assert long.run != asterisk_dirs(tmp_path / ("y" * 90), tree).run


def test_a_template_of_yesterday_leaves_no_file_behind(files: Files) -> None:
    dirs = files.render().dirs
    (dirs.etc / "voicemail.conf").write_text("[general]")
    files.render()
    assert not (dirs.etc / "voicemail.conf").exists()


def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path, tree: AsteriskTree) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(PortError, match="cannot write"):
        Files(tmp_path / "var", tree).render()


def test_a_folder_without_templates_is_named(tmp_path: Path, tree: AsteriskTree) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PortError, match="no configuration templates"):
        render_config(
            AsteriskSettings(),
            [TrunkSettings(dial="127.0.0.1:5080")],
            SECRETS,
            tree,
            tmp_path / "var",
            tmp_path / "empty",
        )


def test_two_trunks_of_one_name_are_refused(files: Files) -> None:
    with pytest.raises(PortError, match="two trunks are named main"):
        files.render(TrunkSettings(dial="127.0.0.1:5080"), TrunkSettings(dial="127.0.0.1:5080"))


def test_every_rendered_file_is_well_formed(files: Files) -> None:
    files.render(
        TrunkSettings(dial="127.0.0.1:5080", name="a"), TrunkSettings(dial="127.0.0.1:5080", name="b", transport="tcp")
    )
    for path in (files.state / "asterisk/etc").rglob("*.conf"):
        text = re.sub(r"^(#include .*|\s*same =>.*|exten =>.*)$", "", path.read_text(), flags=re.MULTILINE)
        assert "{" not in re.sub(r"\$\{", "", text), path
        parser = configparser.RawConfigParser(strict=False, allow_no_value=False, comment_prefixes=(";",))
        parser.read_string(text.replace("[directories](!)\n", ""))


def test_the_templates_are_found_beside_the_package() -> None:
    assert (templates_dir() / "pjsip.conf.j2").is_file()
    assert (templates_dir() / "prompts/sv.toml").is_file()


def test_a_call_that_a_trunk_has_no_room_for_is_refused_and_told(files: Files) -> None:
    files.render()
    steps = files["extensions.conf"].split("[samband-inbound]")[1].split("[samband-out]")[0]
    assert f"UserEvent({names.FULL},trunk:${{SAMBAND_TRUNK}})\n same => n,Hangup(34)" in steps


def test_a_telephone_may_be_on_hold_for_an_hour(files: Files) -> None:
    files.render()
    assert {"rtp_timeout = 14400", "rtp_timeout_hold = 3600"} <= set(files.sections("pjsip.conf")["trunk-main"])
