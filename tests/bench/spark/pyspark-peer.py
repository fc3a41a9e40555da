"""The peer: the statements of a work file by PySpark Connect, as one would write them in a script.

pyspark-peer.py run REMOTE WORK OUTPUT: reads the sources, and writes what each step selects as Parquet.
pyspark-peer.py select REMOTE COUNT: prints the milliseconds that each of so many `select 1` took.
"""

import json
import sys
import time

from pyspark.sql import SparkSession


def fitted(hours):
    """The line of delayModel, by the formulas of least squares with weights."""
    points = [(row["hour"], row["mean_delay"], row["flights"]) for row in hours if row["hour"] >= 5]
    weight = sum(w for _, _, w in points)
    x_mean = sum(x * w for x, _, w in points) / weight
    y_mean = sum(y * w for _, y, w in points) / weight
    slope = sum(w * (x - x_mean) * (y - y_mean) for x, y, w in points) / sum(w * (x - x_mean) ** 2 for x, _, w in points)
    return {"intercept": y_mean - slope * x_mean, "minutesPerHour": slope}


def run(spark, work, output):
    for source in work["sources"]:
        reader = spark.read.options(**source["options"]).format(source["format"])
        if source["schema"]:
            reader = reader.schema(source["schema"])
        reader.load(source["path"]).createOrReplaceTempView(source["name"])
    for step in work["steps"]:
        path = f"{output}/{step['name']}"
        rows = spark.sql(step["sql"])
        rows.write.mode("error").options(**work["options"]).parquet(path)
        stored = spark.read.parquet(path)
        stored.createOrReplaceTempView(step["name"])
        if step["check"]:
            spark.sql(step["check"]).collect()
        if step["fit"]:
            with open(f"{output}/model.json", "w") as file:
                json.dump(fitted(stored.collect()), file)


def select(spark, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        spark.sql("select 1 as x").collect()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps(times))


def main():
    mode, remote, *rest = sys.argv[1:]
    spark = SparkSession.builder.remote(remote).getOrCreate()
    try:
        if mode == "select":
            select(spark, int(rest[0]))
        else:
            with open(rest[0]) as file:
                work = json.load(file)
            run(spark, work, rest[1])
    finally:
        spark.stop()


main()
