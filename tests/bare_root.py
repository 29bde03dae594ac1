"""From a bare Debian to a run: `python tests/bare_root.py NOTEBOOK`, as root, with debootstrap; not part of the tests.

It converts the notebook, and executes the steps of the project's Dockerfile in a root folder that debootstrap makes:
what the image `python:3.x-slim` has beside Debian is replaced by Debian's own Python. Then it runs the package as the
release image does, compares what it prints with the notebook's saved outputs, and runs the generated tests in the dev
image.
"""

from __future__ import annotations

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dockerfile import Ignore, Stage, Step, expanded, pairs, read_dockerfile

PYTHON = ("python3", "python3-venv", "python3-dev", "python3-pip", "ca-certificates")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# How this machine reaches registries: the root reaches them the same way.
FILES = ("/etc/resolv.conf", "/etc/pip.conf", CERTIFICATES)
PASSED = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "PIP_INDEX_URL",
    "UV_INDEX_URL",
)


class Image:
    """A root folder with what Docker keeps beside it: variables, user, folder, entry point."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {"PATH": PATH}
        self.user = "0"
        self.folder = "/"
        self.shell = ["/bin/sh", "-c"]
        self.entry: list[str] = []
        self.command: list[str] = []

    def copy(self, root: Path) -> Image:
        """Return an image that begins with what this one is."""
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.root), str(root)], check=True)
        other = Image(root)
        other.__dict__.update({**self.__dict__, "root": root, "env": dict(self.env)})
        return other

    def path(self, inside: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / os.path.normpath(os.path.join("/", self.folder, inside)).lstrip("/")

    def identity(self) -> tuple[int, int, str]:
        """Return uid, gid and home folder of the user."""
        rows = [line.split(":") for line in (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines()]
        name = self.user.split(":")[0]
        for row in rows:
            if name in (row[0], row[2]):
                return int(row[2]), int(row[3]), row[5]
        return int(name), 0, "/"

    def call(
        self, words: list[str], mounts: dict[str, Path] | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the root, with a process table of its own; folders of this machine can be mounted."""
        uid, gid, home = self.identity()
        lines = [f'mount -t proc proc "{self.root}/proc"', f'mount -t tmpfs tmpfs "{self.root}/dev/shm"']
        for inside, folder in (mounts or {}).items():
            self.path(inside).mkdir(parents=True, exist_ok=True)
            lines.append(f'mount --bind "{folder}" "{self.path(inside)}"')
        lines.append('exec chroot --userspec="$1" "$2" /bin/sh -c \'cd "$0" && exec "$@"\' "${@:3}"')
        passed = {name: os.environ[name] for name in PASSED if name in os.environ}
        env = {**passed, "SSL_CERT_FILE": CERTIFICATES, "HOME": home, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["unshare", "--mount", "--pid", "--fork", "bash", "-ec", "\n".join(lines), "bash"]
        return subprocess.run(
            [*command, f"{uid}:{gid}", str(self.root), self.folder, *words],
            env={**env, **self.env, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


class Builder:
    """Builds the stages of a Dockerfile."""

    def __init__(self, project: Path, work: Path, cache: Path) -> None:
        self.project, self.work, self.cache = project, work, cache
        self.stages = read_dockerfile((project / "Dockerfile").read_text(encoding="utf-8"))
        self.ignored = Ignore(project)
        self.images: dict[str, Image] = {}

    def image(self, name: str) -> Image:
        """Return the image of a stage, or of a name that is none: a bare Debian with Debian's Python."""
        if name not in self.images:
            stage = self.stages.get(name)
            self.images[name] = self._built(stage) if stage else self._bare(name)
        return self.images[name]

    def _bare(self, name: str) -> Image:
        if not name.startswith(("python:", "debian:")):
            raise ValueError(f"{name} is no image that a bare Debian can stand for")
        release = next((r for r in ("trixie", "bullseye") if r in name), "bookworm")
        kept = self.cache / f"{release}.tar"
        root = self.work / f"bare-{release}"
        if not kept.is_file():
            command = ["debootstrap", "--variant=minbase", f"--include={','.join(PYTHON)}", release, str(root)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            subprocess.run(["tar", "-C", str(root), "-cf", str(kept), "."], check=True)
            shutil.rmtree(root)
        root.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(root), "-xf", str(kept)], check=True)
        for path in FILES:
            if Path(path).is_file():
                target = root / path.lstrip("/")
                target.unlink(missing_ok=True)
                shutil.copyfile(path, target)
        # The image has its Python in /usr/local, where pip may install.
        for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            marker.unlink()
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        return Image(root)

    def _built(self, stage: Stage) -> Image:
        image = self.image(stage.base).copy(self.work / f"stage-{stage.name}")
        arguments: dict[str, str] = {}
        for step in stage.steps:
            start = time.monotonic()
            self._do(step, image, arguments)
            print(f"{stage.name:>12} {time.monotonic() - start:6.1f} s  {step.word} {step.text[:90]}", flush=True)
        return image

    def _do(self, step: Step, image: Image, arguments: dict[str, str]) -> None:
        known = {**arguments, **image.env}
        if step.word == "RUN":
            self._run(step, image, arguments)
        elif step.word in ("COPY", "ADD"):
            self._copy(step, image, known)
        elif step.word == "ENV":
            image.env |= pairs(step.text, known)
        elif step.word == "ARG":
            arguments |= pairs(step.text, known)
        elif step.word == "WORKDIR":
            image.folder = os.path.normpath(os.path.join(image.folder, expanded(step.text, known)))
            image.path(".").mkdir(parents=True, exist_ok=True)
        elif step.word == "USER":
            image.user = expanded(step.text, known)
        elif step.word == "SHELL":
            image.shell = step.listed() or image.shell
        elif step.word == "ENTRYPOINT":
            image.entry, image.command = step.listed() or [*image.shell, step.text], []
        elif step.word == "CMD":
            image.command = step.listed() or [*image.shell, step.text]

    def _run(self, step: Step, image: Image, arguments: dict[str, str]) -> None:
        mount = step.options.get("mount", "type=cache")
        if "type=cache" not in mount:
            raise ValueError(f"line {step.line}: --mount={mount} is not understood")
        done = image.call(
            step.listed() or [*image.shell, step.text], **{k: v for k, v in arguments.items() if k not in image.env}
        )
        if done.returncode:
            sys.exit(f"line {step.line}: RUN {step.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")

    def _copy(self, step: Step, image: Image, known: dict[str, str]) -> None:
        *sources, target = step.listed() or expanded(step.text, known).split()
        place = image.path(target)
        other = self.image(step.options["from"]) if "from" in step.options else None
        base = other.root if other else self.project
        for source in sources:
            found = sorted(glob.glob(str(base / source.lstrip("/")), include_hidden=True))
            if not found and not glob.has_magic(source):
                sys.exit(f"line {step.line}: COPY {source}: there is no such file")
            for path in map(Path, found):
                inside = (
                    place / path.name if path.is_file() and (target.endswith(("/", ".")) or len(sources) > 1) else place
                )
                self._bring(path, inside, base, left_out=None if other else self.ignored)
                if "chown" in step.options:
                    self._own(inside, step.options["chown"], image)

    def _bring(self, path: Path, place: Path, base: Path, left_out: Ignore | None) -> None:
        def skipped(folder: str, names: list[str]) -> list[str]:
            within = Path(folder).relative_to(base)
            return [n for n in names if left_out is not None and left_out((within / n).as_posix())]

        if left_out is not None and path != base and left_out(path.relative_to(base).as_posix()):
            sys.exit(f"COPY {path.relative_to(base)}: .dockerignore leaves it out")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place, symlinks=True, ignore=skipped, dirs_exist_ok=True)
            if left_out is None:
                subprocess.run(["cp", "-a", f"{path}/.", str(place)], check=True)
        else:
            shutil.copy2(path, place)

    def _own(self, place: Path, owner: str, image: Image) -> None:
        before, image.user = image.user, owner
        uid, gid, _ = image.identity()
        image.user = before
        subprocess.run(["chown", "-R", f"{uid}:{gid}", str(place)], check=True)


def saved_outputs(notebook: Path) -> list[str]:
    """Return the lines of a notebook's saved outputs, as the package prints them."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = []
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        texts.append("".join(text) + ("\n" if output["output_type"] != "stream" else ""))
    return "".join(texts).splitlines()


def main() -> int:
    """Build and run; return 0 when the package prints what the notebook does and its tests pass."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--dockerfile", type=Path, help="instead of the project's")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()), help="where bare roots are kept")
    parser.add_argument("--keep", type=Path, help="work here, and leave all there")
    options = parser.parse_args()
    work = options.keep or Path(tempfile.mkdtemp(prefix="bare-root-"))
    try:
        return check(options.notebook.resolve(), work.resolve(), options)
    finally:
        if not options.keep:
            shutil.rmtree(work)


def check(notebook: Path, work: Path, options: argparse.Namespace) -> int:
    """Convert, build, run, test; return the exit status."""
    start = time.monotonic()
    project, data = work / "project", work / "data"
    subprocess.run([sys.executable, "-m", "nb2pkg", "convert", str(notebook), "-o", str(project)], check=True)
    if options.dockerfile:
        shutil.copyfile(options.dockerfile, project / "Dockerfile")
    shutil.copytree(notebook.parent, data, ignore=shutil.ignore_patterns("reports"))
    subprocess.run(["chown", "-R", "1000:1000", str(data), str(project)], check=True)
    builder = Builder(project, work, options.cache)
    release = builder.image("release")
    done = release.call([*release.entry, *release.command], {release.folder: data})
    same = done.returncode == 0 and done.stdout.splitlines() == saved_outputs(notebook)
    print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    print(f"release: exit status {done.returncode}, {'prints what the notebook does' if same else 'DIFFERS'}")
    compilers = [name for name in ("gcc", "g++", "cc", "make", "uv") if release.call(["which", name]).returncode == 0]
    size = subprocess.run(["du", "-sm", str(release.root)], capture_output=True, text=True, check=True).stdout.split()[
        0
    ]
    print(f"release: {size} MB, runs as uid {release.identity()[0]}, compilers: {', '.join(compilers) or 'none'}")
    dev = builder.image("dev")
    tests = dev.call(["python", "-m", "pytest", "-q"], {"/work": data}, NOTEBOOK_FOLDER="/work")
    print(tests.stdout[-2000:], tests.stderr[-1000:], sep="\n")
    print(f"dev: tests {'pass' if tests.returncode == 0 else 'FAIL'}; {time.monotonic() - start:.0f} s in all")
    return 0 if same and tests.returncode == 0 and "skipped" not in tests.stdout else 1


if __name__ == "__main__":
    sys.exit(main())
