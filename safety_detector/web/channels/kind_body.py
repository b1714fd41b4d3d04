"""What somebody sends about a channel of any kind."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool

from safety_detector.domain.hazards import Language
from safety_detector.service.notifications.records import ChannelKind, NewChannel
from safety_detector.web.queries.values import said_text


class KindBody(BaseModel):
    """What all kinds have in common.

    A kind's body has ``kind``, most often ``url`` and ``secret``, and names in ``SETTINGS`` those
    of its fields that are kept as its settings, which are shown.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(said_text)] = Field(
        min_length=1, max_length=255, description="For people."
    )
    language: Language = Field("en", description="Of the texts in messages.")
    enabled: StrictBool = Field(
        True, description="One that is switched off is told nothing but tests."
    )

    @property
    def keeps_secret(self) -> bool:
        """Whether a change leaves the secret as it is, since it does not name it."""
        return "secret" in type(self).model_fields and "secret" not in self.model_fields_set

    def wanted(self) -> NewChannel:
        """What the service is asked for."""
        told = self.model_dump(mode="json")
        secret = getattr(self, "secret", None)
        return NewChannel(
            ChannelKind(told["kind"]),
            self.name,
            self.address(),
            self.language,
            secret.get_secret_value() if isinstance(secret, SecretStr) else secret,
            {name: told[name] for name in self.SETTINGS},
            self.enabled,
        )

    def address(self) -> str:
        """Where it leads."""
        url: Any = getattr(self, "url", "")
        return url.get_secret_value() if isinstance(url, SecretStr) else str(url)
