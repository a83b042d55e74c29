"""How people prove who they are: passwords, passkeys, and the login of their organisation."""
