"""Reads a corpus in shards on Apache Spark and publishes the dataset that `nianbao build` would make of it.

    spark-submit --files nianbao spark/job.py --program nianbao --run RUN --out OUT CORPUS...

CORPUS and RUN are folders that all machines see, or s3://bucket/prefix; RUN is new for each corpus: the list of files,
the parts and their receipts. A run that was interrupted goes on where it stopped. Spark decides where and when a shard
is read, and how often it is tried; what is read, and whether it is whole, is decided by the program alone.
"""
import argparse
import json
import os
import subprocess
import sys

from pyspark import SparkFiles
from pyspark.sql import SparkSession


def ask(*command, timeout=None):
    """What a command prints; what it says of an error goes into the engine's log."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"status {done.returncode} of {' '.join(map(str, command))}: {done.stderr.decode()[-2000:]}")
    return done.stdout.decode()


def reader(program, run, version, shards, timeout):
    """What an executor does with the numbers of shards: one receipt for each."""
    name = os.path.basename(program)

    def read(batches):
        import pyarrow

        own = SparkFiles.get(name)
        own = own if os.path.exists(own) else program
        for batch in batches:
            for shard in batch.column(0).to_pylist():
                told = ask(own, "shard", "--manifest", f"{run}/manifest.parquet", "--shard", shard, "--of", shards,
                           "--out", run, "--expect-version", version, timeout=timeout)
                yield pyarrow.RecordBatch.from_pydict({"receipt": [told]})

    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="+", help="folders that all machines see under the same names, or s3://bucket/prefix")
    parser.add_argument("--program", default="nianbao", help="the program, here; executors use what --files gave them")
    parser.add_argument("--run", required=True, help="where parts and receipts lie: a folder that all machines see, or s3://bucket/prefix")
    parser.add_argument("--out", required=True, help="the dataset's folder, on the machine of the driver")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds that one shard may take")
    parser.add_argument("--shard-bytes", type=int, default=64 << 20, help="bytes that one shard reads, more or less")
    arguments = parser.parse_args()

    # Whatever does not fit is told here, before any work: an engine would try it four times.
    program = os.path.abspath(arguments.program)
    run = arguments.run if "://" in arguments.run else os.path.abspath(arguments.run)
    version = ask(program, "--version").split()[1]
    head = json.loads(ask(program, "manifest", *arguments.corpus, "--out", f"{run}/manifest.parquet", "--keep",
                          "--shard-bytes", arguments.shard_bytes))

    spark = SparkSession.builder.appName("nianbao").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    shards = head["shards"]
    numbers = spark.range(0, shards, 1, shards)
    read = reader(program, run, version, shards, arguments.timeout)
    receipts = sorted((json.loads(row.receipt) for row in numbers.mapInArrow(read, "receipt string").collect()),
                      key=lambda receipt: receipt["shard"])
    spark.stop()

    if [receipt["shard"] for receipt in receipts] != list(range(shards)):
        sys.exit(f"the receipts are not those of the shards 0 to {shards - 1}, each once")
    if sum(receipt["inputs"] for receipt in receipts) != head["inputs"]:
        sys.exit(f"not all of {head['inputs']} files were read")
    # It checks every receipt and every hash, writes _MANIFEST.json, and publishes.
    print(ask(program, "reduce", "--run", run, "--out", arguments.out), end="")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(str(error))
