import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { range, unique } from "@assets/dataframe/checks"
import { avg, count, max } from "@assets/dataframe/functions"

const stations = ["north", "south", "coast"]

export const measures = asset("raw/measures", {
  description: "A year of daily temperatures at three stations, made up by a formula.",
  returns: frame({ station: t.string, day: t.int32, celsius: t.float64 }),
  checks: [range("celsius", { min: -40, max: 50 })],
  compute: function* () {
    for (const [i, station] of stations.entries()) {
      for (let day = 1; day <= 365; day++) {
        const season = Math.round(-80 * Math.cos((2 * Math.PI * day) / 365))
        yield { station, day, celsius: (season + 100 + 25 * i + ((day * 7) % 11)) / 10 }
      }
    }
  },
})

export const climate = asset("marts/climate", {
  description: "What a station is like over the year.",
  deps: { measures },
  returns: frame({ station: t.string, days: t.int64, warmest: t.float64, mean: t.float64 }),
  checks: [unique("station")],
  transform: ({ measures }) =>
    measures
      .groupBy("station")
      .agg(f => ({ days: count(), warmest: max(f.celsius), mean: avg(f.celsius) }))
      .orderBy("station"),
})
