import { asset, json, source } from "@assets/core"
import { csvFiles, frame, parquetFiles, t } from "@assets/dataframe"
import { notNull, range, rowCount, unique } from "@assets/dataframe/checks"
import { avg, count, countIf, hour, max, sum, toDate } from "@assets/dataframe/functions"
import { type DelayModel, fitDelayModel } from "./delay-model.ts"

export const flights = source(
  "raw/flights",
  parquetFiles("data/flights-3m.parquet", {
    date: t.timestampNtz,
    delay: t.int64,
    distance: t.int64,
    origin: t.string,
    destination: t.string,
  }),
  { description: "Three million flights in the United States, January to June 2001.", group: "raw" },
)

export const airports = source(
  "raw/airports",
  csvFiles(
    "data/airports.csv",
    {
      iata: t.string,
      name: t.string,
      city: t.string,
      state: t.string,
      country: t.string,
      latitude: t.float64,
      longitude: t.float64,
    },
    { header: true },
  ),
  { description: "Airports by their IATA code.", group: "raw" },
)

export const cleanFlights = asset("staging/flights", {
  description:
    "Flights that were at most an hour early and at most a day late, with the day and the hour of departure.",
  group: "staging",
  deps: { flights },
  returns: frame({
    day: t.date,
    hour: t.int32,
    origin: t.string,
    destination: t.string,
    distance: t.int64,
    delay: t.int64,
  }),
  checks: [notNull("day"), range("delay", { min: -60, max: 1440 })],
  transform: ({ flights }) =>
    flights
      .filter(f => f.delay.between(-60, 1440))
      .select(f => ({
        day: toDate(f.date),
        hour: hour(f.date),
        origin: f.origin,
        destination: f.destination,
        distance: f.distance,
        delay: f.delay,
      })),
})

export const airportDelays = asset("marts/airport_delays", {
  description: "Flights by the airport they leave from, with their mean and worst delay in minutes.",
  group: "marts",
  deps: { flights, airports },
  returns: frame({
    iata: t.string,
    name: t.string,
    flights: t.int64,
    mean_delay: t.float64,
    worst_delay: t.int64,
  }),
  checks: [unique("iata"), notNull("name")],
  transform: ({ flights, airports }) =>
    flights
      .groupBy("origin")
      .agg(f => ({ flights: count(), mean_delay: avg(f.delay), worst_delay: max(f.delay) }))
      .rename({ origin: "iata" })
      .join(airports.select("iata", "name"), "iata")
      .select("iata", "name", "flights", "mean_delay", "worst_delay"),
})

export const routes = asset("marts/routes", {
  description: "Pairs of airports with at least 1,000 flights between them: flights, distance in miles, mean delay.",
  group: "marts",
  deps: { flights: cleanFlights },
  returns: frame({
    origin: t.string,
    destination: t.string,
    flights: t.int64,
    distance: t.int64,
    mean_delay: t.float64,
  }),
  transform: ({ flights }) =>
    flights
      .groupBy("origin", "destination")
      .agg(f => ({ flights: count(), distance: max(f.distance), mean_delay: avg(f.delay) }))
      .filter(f => f.flights.geq(1000)),
})

export const dailyTraffic = asset("marts/daily_traffic", {
  description: "Flights by day: how many, how many of them more than a quarter of an hour late, and the miles flown.",
  group: "marts",
  deps: { flights: cleanFlights },
  returns: frame({ day: t.date, flights: t.int64, late: t.int64, miles: t.int64 }),
  checks: [unique("day"), rowCount({ min: 1 })],
  transform: ({ flights }) =>
    flights
      .groupBy("day")
      .agg(f => ({ flights: count(), late: countIf(f.delay.gt(15)), miles: sum(f.distance) }))
      .orderBy("day"),
})

export const hourlyDelays = asset("marts/hourly_delays", {
  description: "Flights by the hour of departure: how many, and their mean delay in minutes.",
  group: "marts",
  deps: { flights: cleanFlights },
  returns: frame({ hour: t.int32, flights: t.int64, mean_delay: t.float64 }),
  transform: ({ flights }) =>
    flights
      .groupBy("hour")
      .agg(f => ({ flights: count(), mean_delay: avg(f.delay) }))
      .orderBy("hour"),
})

export const delayModel = asset("models/delay_by_hour", {
  description: "How delay grows over the day: a line through the hours' mean delays, weighted by their flights.",
  group: "models",
  kinds: ["ml"],
  deps: { hours: hourlyDelays },
  returns: json<DelayModel>(),
  compute: async ({ hours }, { log }) => {
    const points = []
    for await (const row of hours.rows()) points.push(row)
    const model = fitDelayModel(points)
    log.info(`delay grows by ${model.minutesPerHour.toFixed(2)} minutes an hour`)
    return model
  },
})
