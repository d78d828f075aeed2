"""Every setting, read in this one place from `WORKBENCH_*`."""

from functools import cached_property
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.config import EngineConfig
from workbench.errors import Misconfigured

PREFIX = "WORKBENCH_"


class Settings(BaseSettings):
    """Frozen; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", protected_namespaces=())

    home: Path = Field(default_factory=lambda: user_data_path("fashion-workbench"), description="Data directory.")
    database_url: SecretStr | None = Field(None, description="SQLAlchemy URL; none: SQLite in the data directory.")
    files_url: str | None = Field(None, description="fsspec URL of the picture store; none: a folder in the data directory.")
    host: str = Field("127.0.0.1", description="Address to listen on; loopback only while there are no accounts.")
    port: int = Field(7860, ge=0, le=65535, description="Port to listen on.")
    engine_slots: int = Field(1, ge=1, le=64, description="Outputs made at the same time by one worker process.")
    job_seconds: int = Field(900, ge=1, description="Time limit of one output.")
    max_upload_bytes: int = Field(20_000_000, ge=1, description="Largest picture file taken in.")
    max_upload_pixels: int = Field(50_000_000, ge=1, description="Largest picture taken in, in pixels.")
    fetch_seconds: float = Field(20.0, gt=0, description="Time limit of fetching a picture by its URL.")
    allowed_hosts: str = Field("", description="Extra host names that the page may be opened under, comma-separated.")
    models: Path | None = Field(None, description="Folder of downloaded weights; none: in the data directory.")
    model_cards: Path | None = Field(None, description="TOML file of own model cards; none: models.toml in the data directory.")
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="Device of models: auto, cpu, cuda, cuda:1, mps."
    )
    device_memory_gb: float | None = Field(None, gt=0, description="Memory that models may take; none: what the device has.")
    hub_endpoint: str | None = Field(None, pattern=r"^https?://", description="Hub or mirror of weights; none: huggingface.co.")
    hub_token: SecretStr | None = Field(None, description="Access token for gated weights.")
    offline: bool = Field(False, description="Never ask the hub of weights.")
    safety_checker: str | None = Field(None, description="Checker of generated pictures as module:name; none: no check.")

    @cached_property
    def database(self) -> str:
        """SQLAlchemy URL of the studio's own tables."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'workbench.sqlite'}"

    @cached_property
    def queue_database(self) -> str:
        """SQLAlchemy URL of the job queue's tables: the same PostgreSQL, or a SQLite file of its own."""
        if self.database.startswith("sqlite"):
            return f"sqlite:///{self.home / 'queue.sqlite'}"
        return self.database

    @cached_property
    def files(self) -> str:
        """fsspec URL of the picture store."""
        return self.files_url or str(self.home / "files")

    def engine_config(self) -> EngineConfig:
        """What engines are told of these settings."""
        return EngineConfig(
            models=self.models or self.home / "models",
            cards=self.model_cards or self.home / "models.toml",
            device=self.device,
            memory_gb=self.device_memory_gb,
            endpoint=self.hub_endpoint,
            token=None if self.hub_token is None else self.hub_token.get_secret_value(),
            offline=self.offline,
            safety=self.safety_checker,
        )


def read_settings(**given: Any) -> Settings:
    """The settings in force, `given` before the environment; Misconfigured names each variable that is wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = (f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors(include_url=False))
        raise Misconfigured("; ".join(wrong)) from None
