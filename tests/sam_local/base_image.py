"""The base image that SAM local runs the functions in: `.venv/bin/python -m tests.sam_local.base_image`.

Leaves an image under the name that SAM CLI looks for on this machine's processor, and prints what it does:

1. the image is there: nothing to do;
2. it can be pulled: it is pulled;
3. it cannot, and this is Linux: a stand-in is built from this machine, in seconds. What a function sees is laid out as
   in the public image: the CPython that runs this script in `/var/lang`, the Lambda runtime client and boto3
   (`runtime` in pyproject.toml) in `/var/runtime`, layers in `/opt`, the function in `/var/task`. The system libraries
   are this machine's, because that is what this CPython is linked with.

Call SAM with `--skip-pull-image` afterwards, or it asks the registry for a newer image at each start. A stand-in bears
the label `servicedesk.stand-in` and is built anew when it is out of date; `docker image rm` it where the public image
is wanted later.
"""

import contextlib
import hashlib
import io
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench.lambda_emulator import packages

VERSION = "3.13"
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
IMAGE = f"public.ecr.aws/lambda/python:{VERSION}-{ARCHITECTURE}"
LABEL = "servicedesk.stand-in"
PULL_SECONDS = 300

ENVIRONMENT = {
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/var/runtime:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}
BOOTSTRAP = f"""\
#!/bin/sh
export PYTHONPATH=/opt/python/lib/python{VERSION}/site-packages:/opt/python:/var/runtime
cd /var/task
exec /var/lang/bin/python{VERSION} -m awslambdaric "$_HANDLER"
"""
# SAM CLI builds on top of the image with these.
PROGRAMS = ("sh", "mv", "cp", "rm", "chmod")
# Wheels for Linux count on these (PEP 599), whether CPython itself is linked with them or not.
WHEEL_LIBRARIES = (
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
    "libz.so.1",
)
# No function needs these, and tkinter would bring X11 with it.
LEFT_OUT = {"site-packages", "dist-packages", "test", "ensurepip", "idlelib", "lib2to3", "tkinter", "turtledemo"}
SMOKE_TEST = f"""\
set -e
echo >/tmp/a; cp /tmp/a /tmp/b; chmod +x /tmp/b; mv /tmp/b /tmp/c; rm /tmp/c
exec /var/lang/bin/python{VERSION} -c 'import awslambdaric.bootstrap, boto3, bz2, ctypes, lzma, sqlite3, ssl, zlib'
"""


def main() -> None:
    """See that the engine has the image.

    Raises:
        SystemExit: no engine answers, or the image cannot be had. One line says why.
    """
    if sys.version_info[:2] != (3, 13):
        sys.exit(f"base image: run this with Python {VERSION}, not {platform.python_version()}")
    digest = stand_in_digest()
    present = inspect_label()
    if present is not None and present in ("", digest):
        say(f"{IMAGE} is here{' (stand-in)' if present else ''}")
        return
    if present is None and pull():
        say(f"{IMAGE} pulled")
        return
    if sys.platform != "linux":
        sys.exit(f"base image: {IMAGE} cannot be pulled, and a stand-in can only be built on Linux")
    say("copying CPython, its libraries and the packages into an image")
    import_image(digest)
    smoke_test()
    say(f"{IMAGE} built (stand-in, CPython {platform.python_version()})")


def say(line: str) -> None:
    print(f"base image: {line}", flush=True)


def stand_in_digest() -> str:
    """Return 16 hex digits that change when an older stand-in is out of date."""
    content = hashlib.sha256()
    content.update(Path(__file__).read_bytes())
    content.update(f"{sys.version} {sys.base_prefix} {packages('runtime').parent.name}".encode())
    return content.hexdigest()[:16]


def inspect_label() -> str | None:
    """Return the stand-in's digest, an empty text for the public image, or None if there is no image."""
    if shutil.which("docker") is None:
        sys.exit("base image: the docker command is missing")
    label_format = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    found = docker("image", "inspect", "--format", label_format, IMAGE)
    if found.returncode == 0:
        return found.stdout.strip()
    if "no such image" not in found.stderr.lower():
        sys.exit(f"base image: {last_line(found.stderr)}")
    return None


def pull() -> bool:
    say(f"pulling {IMAGE}")
    try:
        pulled = docker("pull", "--quiet", IMAGE, timeout=PULL_SECONDS)
    except subprocess.TimeoutExpired:
        say(f"not pulled within {PULL_SECONDS} s")
        return False
    if pulled.returncode != 0:
        say(f"not pulled: {last_line(pulled.stderr)}")
    return pulled.returncode == 0


def import_image(digest: str) -> None:
    """Stream the stand-in's files into the engine as an image of one layer."""
    changes = [f"ENV {name}={value}" for name, value in ENVIRONMENT.items()]
    changes += ["WORKDIR /var/task", 'ENTRYPOINT ["/var/runtime/bootstrap"]', f"LABEL {LABEL}={digest}"]
    command = ["docker", "import", *(word for change in changes for word in ("--change", change)), "-", IMAGE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as importing:
        assert importing.stdin is not None
        # An engine that gives up closes the pipe; its exit code says so, and standard error why.
        with (
            contextlib.suppress(BrokenPipeError),
            importing.stdin as pipe,
            tarfile.open(fileobj=pipe, mode="w|") as image,
        ):
            write_image(image)
    if importing.returncode != 0:
        sys.exit("base image: `docker import` failed")


def write_image(image: tarfile.TarFile) -> None:
    runtime = packages("runtime")
    interpreter = Path(sys.base_prefix, "bin", f"python{VERSION}").resolve()
    standard_library = Path(sysconfig.get_path("stdlib"))
    programs = [Path(path) for path in map(shutil.which, PROGRAMS) if path]
    files = [*files_below(standard_library), *files_below(runtime)]
    modules = [path for path in files if ".so" in path.suffixes]

    add_folder(image, "tmp", mode=0o1777)
    for folder in ("opt", "var/task", "var/rapid"):
        add_folder(image, folder)
    add_text(image, "var/runtime/bootstrap", BOOTSTRAP, mode=0o755)
    for program in programs:
        add_file(image, program, f"bin/{program.name}")
    add_file(image, interpreter, f"var/lang/bin/python{VERSION}")
    for path in files_below(standard_library):
        add_file(image, path, f"var/lang/lib/python{VERSION}/{path.relative_to(standard_library)}")
    for path in files_below(runtime):
        add_file(image, path, f"var/runtime/{path.relative_to(runtime)}")
    for library in sorted(libraries([interpreter, *programs, *modules])):
        # The loader finds the system's libraries where they are; CPython's own go beside the interpreter.
        system = any(map(library.is_relative_to, ("/lib", "/lib64", "/usr/lib")))
        add_file(image, library, str(library) if system else f"var/lang/lib/{library.name}")


def files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in LEFT_OUT and not path.name.startswith("config-"):
                yield from files_below(path)
        elif not path.name.startswith("_tkinter.") and ".opt-" not in path.name:
            yield path


def libraries(binaries: Iterable[Path]) -> set[Path]:
    """Return the shared libraries that the binaries and wheels load, with the loader itself."""
    listed = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False).stdout
    # `name => /path (0x…)`, `/path (0x…)`; headings end in a colon and the kernel's own library has no path.
    words = (line.split() for line in listed.splitlines() if line.rstrip().endswith(")"))
    found = {Path(path) for line in words for path in line if path.startswith("/")}
    system = next(path.parent for path in found if path.name.startswith("libc.so"))
    return found | {system / name for name in WHEEL_LIBRARIES if (system / name).exists()}


def add_file(image: tarfile.TarFile, path: Path, name: str) -> None:
    member = image.gettarinfo(path.resolve(), name.lstrip("/"))
    # Hard links on this machine would name files that are not in the image.
    member.type = tarfile.REGTYPE
    member.size = path.stat().st_size
    with path.open("rb") as content:
        image.addfile(owned_by_root(member), content)


def add_text(image: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text.encode())
    member.mode = mode
    image.addfile(owned_by_root(member), io.BytesIO(text.encode()))


def add_folder(image: tarfile.TarFile, name: str, mode: int = 0o755) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = mode
    image.addfile(owned_by_root(member))


def owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def smoke_test() -> None:
    """Show that the engine can run a container, and that the stand-in's CPython finds all its libraries."""
    say("starting it once")
    options = ["--rm", "--env", "PYTHONPATH=/var/runtime", "--entrypoint", "/bin/sh"]
    started = docker("run", *options, IMAGE, "-c", SMOKE_TEST)
    if started.returncode != 0:
        docker("image", "rm", "--force", IMAGE)
        sys.exit(f"base image: the stand-in does not start: {last_line(started.stderr)}")


def docker(*arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout)


def last_line(text: str) -> str:
    return next(reversed(text.strip().splitlines()), "no reason given")


if __name__ == "__main__":
    main()
