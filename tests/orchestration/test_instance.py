from __future__ import annotations

from pathlib import Path

from partnerops_pipeline.orchestration.instance import open_instance, prepare_dagster_home
from partnerops_pipeline.settings import load_settings


def test_the_shipped_settings_limit_every_pool_to_one_and_send_no_telemetry(tmp_path: Path) -> None:
    with open_instance(load_settings(home=tmp_path / "Büro Süd")) as instance:
        assert instance.event_log_storage.supports_global_concurrency_limits
        assert instance.global_op_concurrency_default_limit == 1
        assert instance.get_settings("telemetry") == {"enabled": False}
        assert instance.run_monitoring_enabled


def test_an_own_dagster_yaml_is_kept(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    prepare_dagster_home(settings)
    own = settings.dagster_home / "dagster.yaml"
    own.write_text("telemetry:\n  enabled: false\n# mine\n")
    prepare_dagster_home(settings)
    assert "# mine" in own.read_text()
