"""The dataset that Spark's job gives is the one that `nianbao build` gives, byte for byte, whatever is killed meanwhile.

    python check.py PROGRAM           one run of data/sample on this machine
    python check.py PROGRAM --check   also with processes killed, with real executors, with a document that ends whoever
                                      reads it, with another version, and with corpus and run in a store like S3
"""
import hashlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet
import pyspark

HERE = Path(__file__).resolve().parent
SUBMIT = Path(sys.executable).with_name("spark-submit")
# Bytes of memory that no worker holds which reads the sample.
MUCH = 180 << 20
# Seconds that no job takes.
LONGEST = 240
# Bytes of a shard, so that the sample has some.
SHARD = 20_000
CLUSTER = "local-cluster[2,1,1024]"
QUIET = ["--conf", "spark.ui.enabled=false", "--conf", "spark.ui.showConsoleProgress=false", "--conf", "spark.executor.memory=512m"]


def files(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).iterdir())}


def parts(run):
    return {path.parent.name + path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.glob("part-*/*.parquet")}


def by_hand(place):
    """The parts that no engine has asked for."""
    run = place.folder / "by-hand" / "run"
    ask = lambda *words: json.loads(subprocess.run([place.program, *map(str, words)], check=True, capture_output=True).stdout)
    shards = ask("manifest", place.corpus, "--out", run / "manifest.parquet", "--shard-bytes", SHARD)["shards"]
    for shard in range(shards):
        ask("shard", "--manifest", run / "manifest.parquet", "--shard", shard, "--of", shards, "--out", run)
    return parts(run)


def processes(*words):
    """Numbers of the processes whose command has all these words."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if all(word in command for word in words) and int(process.name) != os.getpid():
            yield int(process.name)


def kill(process):
    """Whether it was there to be killed."""
    try:
        os.kill(process, signal.SIGKILL)
        return 1
    except ProcessLookupError:
        return 0


class Place:
    def __init__(self, program, corpus, folder):
        self.program, self.corpus, self.folder = program, corpus, folder
        subprocess.run([program, "build", corpus, "--out", folder / "built", "--quiet"], check=True)
        self.built = files(folder / "built" / "current")

    def job(self, name, master, victim=None, most=1, program=None, corpus=None, run=None):
        """Runs the job, and meanwhile kills what `victim` finds, so many times at most; returns what it says."""
        program, run = program or self.program, run or self.folder / name / "run"
        command = [SUBMIT, "--master", master, *QUIET, "--files", program, HERE / "job.py", "--program", program,
                   "--run", run, "--out", self.folder / name / "out", "--shard-bytes", SHARD, corpus or self.corpus]
        started, killed = time.monotonic(), 0
        with open(self.folder / f"{name}.log", "w") as log:
            job = subprocess.Popen([str(part) for part in command], stdout=log, stderr=subprocess.STDOUT)
            while job.poll() is None:
                for process in itertools.islice(victim(name) if victim else [], most - killed):
                    killed += kill(process)
                if time.monotonic() - started > LONGEST:
                    job.kill()
                time.sleep(0.002)
        said = (self.folder / f"{name}.log").read_text()
        assert not victim or killed, f"{name}: nothing was there to be killed"
        return job.returncode, said, time.monotonic() - started

    def same(self, name, master, victim=None, **places):
        status, said, seconds = self.job(name, master, victim, **places)
        assert status == 0, f"{name}: status {status}\n{said[-4000:]}"
        found = files(self.folder / name / "out" / "current")
        differ = [file for file in self.built if self.built[file] != found.get(file)]
        assert found == self.built, f"{name}: {differ} are not those of a build"
        print(f"{name}: {len(found)} files of the dataset are those of a build, {seconds:.0f} s", flush=True)
        return parts(self.folder / name / "run")


def a_reader(name):
    return processes("shard", "--manifest", f"{name}/run")


def an_executor(name):
    # While it works.
    if next(a_reader(name), None):
        yield from processes("CoarseGrainedExecutorBackend")


def a_large_worker(name):
    """As a machine ends processes when it has no more memory."""
    for process in processes("worker", "--manifest", f"{name}/run"):
        try:
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        if pages * os.sysconf("SC_PAGE_SIZE") > MUCH:
            yield process


def wrapped(path, lines):
    """A program that does something else before it is the real one, or instead."""
    path.write_text("#!/bin/sh\n" + lines)
    path.chmod(0o755)
    return path


def other_version(place):
    """Executors that are of another version than whoever asks refuse before any work."""
    other = wrapped(place.folder / "other", f'[ "$1" = --version ] && echo nianbao 9.9 || exec {place.program} "$@"\n')
    status, said, _ = place.job("other-version", "local[2,4]", program=other)
    assert status != 0 and "the run is of version 9.9" in said, said[-4000:]
    assert not list((place.folder / "other-version" / "run").glob("part-*")), "something was read"
    print("other-version: refused before any work", flush=True)


def aborting_document(place):
    """A document that ends whoever reads it is one row of rejects, and all others are read."""
    corpus = place.folder / "aborting"
    shutil.copytree(place.corpus, corpus)
    (corpus / "aborts.html").write_text("<p>" + "<p>".join(["2019年全年收到申请3件。" * 10] * 140_000))
    status, said, seconds = place.job("aborting-document", "local[2,4]", a_large_worker, 1_000, corpus=corpus)
    assert status == 0, said[-4000:]
    build = place.folder / "aborting-document" / "out" / "current"
    lost = [row["reason"] for row in rows(build / "rejects.parquet") if row["path"] == "aborts.html"]
    assert lost == ["crashed"], lost
    for table in ["reports", "observations", "checks", "counties", "townships", "years"]:
        assert rows(build / f"{table}.parquet") == rows(place.folder / "built" / "current" / f"{table}.parquet"), table
    print(f"aborting-document: one row of rejects, all others as without it, {seconds:.0f} s", flush=True)


def rows(path):
    return pyarrow.parquet.read_table(path).to_pylist()


def in_a_store(place):
    """Corpus and run in a store: the list, the parts and the receipts are objects there."""
    import boto3
    import botocore

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ.update(AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", AWS_ALLOW_HTTP="true", AWS_REGION="us-east-1",
                      AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing")
    try:
        client = boto3.client("s3")
        for _ in range(100):
            try:
                client.create_bucket(Bucket="reports")
                break
            except botocore.exceptions.EndpointConnectionError:
                time.sleep(0.1)
        for path in sorted(place.corpus.rglob("*")):
            if path.is_file():
                client.upload_file(str(path), "reports", f"sample/{path.relative_to(place.corpus)}")
        client.put_object(Bucket="reports", Key="sample/a folder/", Body=b"")
        place.same("store", "local[2,4]", corpus="s3://reports/sample", run="s3://reports/run")
        keys = [found["Key"] for found in client.list_objects_v2(Bucket="reports", Prefix="run/")["Contents"]]
        parts = [key for key in keys if key.endswith(".parquet") and "/part-" in key]
        assert parts and "run/_MANIFEST.json" in keys and "run/manifest.parquet" in keys, keys
        # What was listed is read, or nothing.
        ask = lambda *words: subprocess.run([place.program, *words], capture_output=True, text=True)
        ask("manifest", "s3://reports/sample", "--out", "s3://reports/other/manifest.parquet")
        client.put_object(Bucket="reports", Key="sample/broken/年报打包.zip", Body=b"another")
        changed = ask("shard", "--manifest", "s3://reports/other/manifest.parquet", "--shard", "0", "--of", "1", "--out", "s3://reports/other")
        assert changed.returncode == 66 and "is not what was listed" in changed.stderr, changed
        return {"".join(key.split("/")[-2:]): hashlib.sha256(client.get_object(Bucket="reports", Key=key)["Body"].read()).hexdigest() for key in parts}
    finally:
        store.kill()


def main():
    program, check = Path(sys.argv[1]).resolve(), sys.argv[2:] == ["--check"]
    folder = Path(tempfile.mkdtemp(prefix="nianbao-spark-"))
    try:
        place = Place(program, HERE.parent / "data" / "sample", folder)
        if not check:
            place.same("one-machine", "local[2,4]")
            return
        read = by_hand(place)
        assert place.same("reader-killed", "local[2,4]", a_reader) == read, "a killed reader changes parts"
        assert place.same("executors", CLUSTER) == read, "executors make other parts"
        assert place.same("executor-killed", CLUSTER, an_executor) == read, "a killed executor changes parts"
        aborting_document(place)
        other_version(place)
        stored = in_a_store(place)
        # Parts are called after their list, which holds other names and hashes of a store's.
        hashes = lambda parts: sorted(parts.values())
        assert hashes(stored) == hashes(read), "a store makes other parts"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        # Executors work there, wherever they are told to.
        shutil.rmtree(Path(pyspark.__file__).parent / "work", ignore_errors=True)


main()
