"""Every setting, once: environment variables (and `.env`) to typed values.

Nothing is read at import. `load_settings()` reads the environment at the moment of the call, so that tests and the
command line decide what it sees. `.env.example` lists every variable with its default; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from partnerops_pipeline.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: holds `dbt_project/`, `workspace.yaml` and the default data root."""


class Settings(BaseSettings):
    """The settings of one run. Secrets are `SecretStr`: they never show in `repr`, logs or metadata."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True
    )

    home: Path = Field(default=PROJECT_ROOT / "data", validation_alias="PARTNEROPS_HOME")
    as_of: date | None = Field(default=None, validation_alias="PARTNEROPS_AS_OF")
    lake_url: str = Field(default="", validation_alias="PARTNEROPS_LAKE_URL")
    dbt_target: str = Field(default="duckdb", validation_alias="PARTNEROPS_DBT_TARGET")
    reporting_time_zone: str = Field(default="UTC", validation_alias="PARTNEROPS_REPORTING_TIME_ZONE")
    release_pii: str = Field(default="none", pattern="^(none|hashed|full)$", validation_alias="PARTNEROPS_RELEASE_PII")

    salesforce_instance_url: str = Field(default="", validation_alias="SALESFORCE_INSTANCE_URL")
    salesforce_access_token: SecretStr | None = Field(default=None, validation_alias="SALESFORCE_ACCESS_TOKEN")
    salesforce_client_id: str = Field(default="", validation_alias="SALESFORCE_CLIENT_ID")
    salesforce_client_secret: SecretStr | None = Field(default=None, validation_alias="SALESFORCE_CLIENT_SECRET")
    salesforce_username: str = Field(default="", validation_alias="SALESFORCE_USERNAME")
    salesforce_private_key_file: Path | None = Field(default=None, validation_alias="SALESFORCE_PRIVATE_KEY_FILE")
    salesforce_password: SecretStr | None = Field(default=None, validation_alias="SALESFORCE_PASSWORD")
    salesforce_security_token: SecretStr | None = Field(default=None, validation_alias="SALESFORCE_SECURITY_TOKEN")
    salesforce_api_version: str = Field(
        default="62.0", pattern=r"^\d{2,3}\.0$", validation_alias="SALESFORCE_API_VERSION"
    )
    salesforce_objects_file: Path | None = Field(default=None, validation_alias="SALESFORCE_OBJECTS_FILE")
    salesforce_api_budget: float = Field(default=0.25, gt=0, le=1, validation_alias="SALESFORCE_API_BUDGET")
    salesforce_api_reserve: float = Field(default=0.1, ge=0, lt=1, validation_alias="SALESFORCE_API_RESERVE")
    salesforce_lightning_host: str = Field(default="", validation_alias="SALESFORCE_LIGHTNING_HOST")

    slack_webhook_url: SecretStr | None = Field(default=None, validation_alias="PARTNEROPS_SLACK_WEBHOOK_URL")
    webhook_url: SecretStr | None = Field(default=None, validation_alias="PARTNEROPS_WEBHOOK_URL")
    webhook_secret: SecretStr | None = Field(default=None, validation_alias="PARTNEROPS_WEBHOOK_SECRET")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: Any) -> Any:
        """`NAME=` in a shell or `.env` means "not set": use the default instead of failing on an empty text."""
        if isinstance(value, str) and value.strip() == "":
            return cls.model_fields[info.field_name].get_default()
        return value

    @field_validator("home", mode="after")
    @classmethod
    def _absolute_home(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("salesforce_instance_url", mode="after")
    @classmethod
    def _instance_url(cls, value: str) -> str:
        if value:
            _must_be_safe(value, example="https://acme.my.salesforce.com")
        return value.rstrip("/")

    @field_validator("slack_webhook_url", "webhook_url", mode="after")
    @classmethod
    def _alert_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _must_be_safe(value.get_secret_value(), example="https://hooks.slack.com/services/…")
        return value

    # Folders: contracts that BI tools, scripts and people rely on.
    @property
    def lake_root(self) -> str:
        """Root of the Delta tables: a folder, or an object-store URL."""
        return self.lake_url or str(self.home / "lake")

    @property
    def lake_mirror(self) -> Path:
        """Where the files in use of a lake in an object store are kept on this machine."""
        return self.home / "lake_mirror"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current(self) -> Path:
        return self.home / "current"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def locks(self) -> Path:
        return self.state / "locks"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_project_dir(self) -> Path:
        return PROJECT_ROOT / "dbt_project"

    def effective_as_of(self) -> date:
        """The as-of date: the setting, else today in UTC. The only place in the product that looks at the day."""
        return self.as_of or datetime.now(UTC).date()


def _must_be_safe(url: str, example: str) -> None:
    """Refuse an address that is not https; plain http is for a server on this machine. Never repeats the address."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"must look like {example}")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("plain http is allowed only for a server on this machine; use https")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `.env`; keyword arguments win.

    Raises:
        ConfigurationError: a value does not parse; the sentence names the variable and never repeats a secret.
    """
    by_variable = {str(Settings.model_fields[name].validation_alias): value for name, value in overrides.items()}
    try:
        return Settings(**by_variable)
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0]) if first["loc"] else "a setting"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(
            f"The setting {variable} is not usable: {message}.", f"Correct {variable} and run again."
        ) from None
