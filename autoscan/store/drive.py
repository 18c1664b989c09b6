"""What the Google Drive monitor remembers: its credentials, how far it has read each drive, and where each file was."""

from autoscan.store.part import Part
from autoscan.store.remembering import DROP_FACT, FACT, SET_FACT

#: The fact that holds the account's tokens, as one text that only the Drive room reads.
CREDENTIALS = "drive:credentials"


class Driving(Part):
    """Keeps what the Drive monitor knows."""

    def drive_credentials(self) -> str:
        """Return what `keep_drive_credentials` kept last; `""` if there is nothing. It is a secret."""
        with self._store.read() as connection:
            return str(connection.execute(FACT, {"fact": CREDENTIALS}).scalar() or "")

    def keep_drive_credentials(self, text: str) -> None:
        """Keep the account's tokens in place of those before; `""` forgets them."""
        with self._store.write() as connection:
            if text:
                connection.execute(SET_FACT, {"key": CREDENTIALS, "value": text})
            else:
                connection.execute(DROP_FACT, {"fact": CREDENTIALS})
