"""The compose project and the image keep what docs/deploy.md promises. Read as text: no engine is needed."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OURS = ("ingest", "spread", "alerting", "dashboard", "publisher")
COMMANDS = {"publisher": "publish"}
"""Of the containers that are not called like their command."""
ALL = ("redis", "mosquitto", *OURS)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "services" / "Dockerfile").read_text("utf-8")


def test_the_services_are_the_ones_of_the_design(project):
    """The project has Redis, the four services, and in a profile of their own a broker and the publisher."""
    services = project["services"]

    assert set(ALL) == set(services)
    with_broker = ("mosquitto", "publisher")
    assert all(services[name]["profiles"] == ["mqtt"] for name in with_broker)
    assert all("profiles" not in services[name] for name in ALL if name not in with_broker)


@pytest.mark.parametrize("name", ALL)
def test_every_container_is_confined(project, name):
    """No container is root, can write to its root, has a capability, gains one, or may grow without bound."""
    service = project["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert str(service["user"]).split(":")[0] not in ("", "0", "root")
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert "privileged" not in service
    assert "cap_add" not in service


@pytest.mark.parametrize("name", ALL)
def test_every_container_comes_back_and_its_log_is_bounded(project, name):
    """A container that dies is started again; one that stops has time to finish; its log cannot fill the disk."""
    service = project["services"][name]

    assert service["restart"] == "unless-stopped"
    assert re.fullmatch(r"[1-9]\d*s", service["stop_grace_period"])
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


@pytest.mark.parametrize("name", ALL)
def test_ports_are_published_on_loopback_only(project, name):
    """Nothing is reachable from another machine unless somebody changes the file."""
    for port in project["services"][name].get("ports", []):
        assert str(port).startswith("127.0.0.1:")


def test_redis_cannot_be_reached_from_outside(project):
    """Redis has no published port and only a network without a way out, and so has the calculator."""
    assert project["networks"]["bus"]["internal"] is True
    assert "ports" not in project["services"]["redis"]
    assert ["bus"] == project["services"]["redis"]["networks"] == project["services"]["spread"]["networks"]


@pytest.mark.parametrize("name", OURS)
def test_the_services_wait_for_redis_and_read_their_configuration_only(project, name):
    """Each of ours is the one image, starts after a healthy Redis, and sees config/ read-only."""
    service = project["services"][name]

    assert service["build"] == {
        "context": ".",
        "dockerfile": "services/Dockerfile",
        "args": {"LOCK": "${IMAGE_LOCK:-requirements.lock}"},
    }
    assert service["image"] == project["services"]["ingest"]["image"]
    assert [COMMANDS.get(name, name)] == service["command"]
    assert service["depends_on"]["redis"]["condition"] == "service_healthy"
    assert "./config:/etc/monitor:ro" in service["volumes"]


def test_a_feed_can_be_pointed_elsewhere_from_the_env_file(project):
    """Where the broker and OpenD are comes from .env; what is not set there stays as config/monitor.toml says."""
    ingest = project["services"]["ingest"]["environment"]

    assert ingest["MONITOR_FEEDS__MQTT__HOST"] == "${MONITOR_FEEDS__MQTT__HOST:-mosquitto}"
    for key in ("MQTT__PORT", "MQTT__TLS", "MQTT__CA_FILE", "MQTT__USERNAME", "FUTU__HOST", "FUTU__PORT"):
        assert ingest[f"MONITOR_FEEDS__{key}"] is None, "no value of the project's own"
    publisher = project["services"]["publisher"]["environment"]
    for key in ("PORT", "TLS", "CA_FILE", "USERNAME"):
        assert publisher[f"MONITOR_PUBLISH__{key}"] is None


def test_ingest_has_a_home_that_it_may_write_to(project):
    """Futu's SDK makes a folder in HOME when it is loaded; the image's own home is read-only in this container."""
    ingest = project["services"]["ingest"]

    home = ingest["environment"]["HOME"]
    assert any(mount.split(":")[0] == home for mount in ingest["tmpfs"])


def test_the_broker_reads_a_list_that_is_its_own():
    """The access list allows with and without a user name, and is read where only the broker can read it."""
    folder = ROOT / "services" / "mosquitto"
    rules = [line for line in (folder / "acl").read_text("utf-8").splitlines() if line and not line.startswith("#")]

    # `topic` would count for clients without a name only: a broker with passwords would then deny everything, silently
    assert rules == ["pattern readwrite md/v1/#", "pattern read $SYS/broker/uptime"]
    assert "acl_file /tmp/acl" in (folder / "mosquitto.conf").read_text("utf-8").splitlines()


def test_every_container_says_whether_it_is_healthy(project, dockerfile):
    """Redis and the broker are asked by the project, our services by the image."""
    assert "HEALTHCHECK" in dockerfile
    for name in ("redis", "mosquitto"):
        assert project["services"][name]["healthcheck"]["test"]
    for name in OURS:
        assert "healthcheck" not in project["services"][name], "the image's check counts"


def test_redis_keeps_everything_it_accepted():
    """Append-only file once a second, no eviction, a limit."""
    lines = (ROOT / "services" / "redis" / "redis.conf").read_text("utf-8").splitlines()
    settings = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))

    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["maxmemory"] == "512mb"


def test_secrets_are_files_and_optional(project):
    """Each secret is a file that may be named in .env; unnamed, it is the empty file of the repository."""
    for secret in project["secrets"].values():
        assert re.fullmatch(r"\$\{[A-Z_]+_FILE:-services/no-secret\}", secret["file"])
    assert (ROOT / "services" / "no-secret").read_bytes() == b""
    given = [secret for service in project["services"].values() for secret in service.get("secrets", [])]
    named = {secret if isinstance(secret, str) else secret["source"] for secret in given}
    assert set(project["secrets"]) == named


def test_no_environment_holds_a_secret(project):
    """No variable that is named like a secret stands in the project."""
    for service in project["services"].values():
        for variable in service.get("environment", {}):
            assert not re.search(r"TOKEN|PASSWORD|SECRET|WEBHOOK", variable)


def test_the_image_is_made_in_stages_from_the_lock(dockerfile):
    """Packages come from the lock with their hashes, in a stage that stays behind; the result runs as a user."""
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", dockerfile, re.MULTILINE)

    assert stages == [("python:${PYTHON}-slim", "build"), ("python:${PYTHON}-slim", "")]
    assert "ARG PYTHON=3.12" in dockerfile
    assert '--require-hashes -r "$LOCK"' in dockerfile
    assert "ARG LOCK=requirements.lock" in dockerfile
    assert "--no-build-isolation" in dockerfile
    final = dockerfile.split("\nFROM ")[-1]
    assert "COPY --from=build" in final
    assert "pip uninstall" in final
    assert not re.search(r"apt-get|gcc|build-essential", final)
    assert re.search(r"^USER 10001", final, re.MULTILINE)
    assert 'ENTRYPOINT ["monitor"]' in final


def test_the_image_has_a_font_with_chinese_letters(dockerfile):
    """Charts name Tencent as 騰訊 in the container: the font that `notify.chart.fonts` looks for first, with its
    licence, comes from the stage that may install packages."""
    build, final = dockerfile.split("\nFROM ")[-2:]

    assert "fonts-wqy-microhei" in build
    assert "COPY --from=build /usr/share/fonts/truetype/wqy " in final
    assert "fonts-wqy-microhei/copyright" in final


def test_the_build_sees_only_what_the_image_is_made_of(dockerfile):
    """The build context is an allow list, and every path that is copied from it is on the list."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    allowed = {line[1:] for line in lines if line.startswith("!")}

    assert lines[0] == "*"
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert allowed
    assert copied == allowed
    assert all((ROOT / path).exists() for path in allowed)


@pytest.mark.skipif(not shutil.which("docker"), reason="docker is not installed: docker compose cannot judge the file")
def test_docker_compose_reads_the_file():
    """docker compose accepts the project, with and without the broker's profile."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker is installed without the compose plugin")

    for profile in ((), ("--profile", "mqtt")):
        done = subprocess.run(
            ["docker", "compose", *profile, "config", "--quiet"], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_every_service_has_a_runbook():
    """Each deployable has a page that says what it does, reads and writes, and what to do when it fails."""
    for name in ALL:
        page = (ROOT / "services" / name / "README.md").read_text("utf-8")
        for heading in ("## Reads", "## Writes", "## Environment", "## Healthy", "## When it fails"):
            assert heading in page, f"services/{name}/README.md has no part {heading!r}"
