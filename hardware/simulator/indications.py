"""Unsolicited results of the PEI, MT to TE (EN 300 392-5; field orders from traces)."""

from dataclasses import dataclass

from hardware.simulator.identity import PARTY_TYPE, TALKER_TYPE, Form, HomeNetwork


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes indications with identities in one form."""

    home: HomeNetwork
    form: Form

    def incoming_call(self, instance: int, caller: int | None, gssi: int, priority: int) -> str:
        """+CTICN: inst, status, AI service, [calling type, calling], hook, simplex, e2ee, comms, slots, called type,
        called, priority."""
        party = PARTY_TYPE[self.form]
        calling = f"{party},{self.home.write(caller, self.form)}" if caller is not None else ","
        called = f"{party},{self.home.write(gssi, self.form)}"
        return f"+CTICN: {instance},0,0,{calling},1,1,0,1,1,{called},{priority}"

    def call_progress(self, instance: int) -> str:
        """+CTOCP: inst, status, AI service, hook, simplex, e2ee, comms, slots."""
        return f"+CTOCP: {instance},0,0,1,1,0,1,1"

    def connected(self, instance: int) -> str:
        return f"+CTCC: {instance},1,1,0,0,1,1"

    def released(self, instance: int, cause: int) -> str:
        return f"+CTCR: {instance},{cause}"

    def grant(self, instance: int, grant: int, *, may_ask: bool = True, talker: int | None = None) -> str:
        """+CTXG: inst, TxGrant, TxRqPrmsn, e2ee, [TPI type, TPI]."""
        return f"+CTXG: {instance},{grant},{int(not may_ask)},0{self._talker(talker)}"

    def interrupted(self, instance: int, grant: int, talker: int | None = None) -> str:
        return f"+CTXI: {instance},{grant},1,0{self._talker(talker)}"

    def _talker(self, talker: int | None) -> str:
        return "" if talker is None else f",{TALKER_TYPE[self.form]},{self.home.write(talker, self.form)}"

    def ceased(self, instance: int) -> str:
        return f"+CDTXC: {instance},0"

    def wait(self, instance: int) -> str:
        return f"+CTXW: {instance},1"

    def goes_on(self, instance: int) -> str:
        return f"+CTXN: {instance},1,0"

    def group(self, gssi: int | None) -> str:
        return "+CTGS: 0" if gssi is None else f"+CTGS: 1,{self.home.write(gssi, self.form)}"

    def registration(self, state: int) -> str:
        return f"+CREG: {state},1,{self.home.mni}" if state in (1, 5) else f"+CREG: {state},0,0"

    def message(self, service: int, sender: int, called: int, bits: int, digits: str) -> str:
        """+CTSDSR: AI service, calling, its type, called, its type, bits; the data on the next line."""
        party = PARTY_TYPE[self.form]
        calling = f"{self.home.write(sender, self.form)},{party}"
        return f"+CTSDSR: {service},{calling},{self.home.write(called, self.form)},{party},{bits}\r\n{digits}"
