import { expect, test } from "vitest"
import { killCampaign, tableOf } from "./kill-campaign.ts"
import { killsAt } from "./kill-plan.ts"
import { storages } from "./shapes.ts"

// The tenth part of what `npm run faults` does; docs/reliability.md has the figures of the whole.
const patient = { timeout: 900_000 }
test.each(storages)("killed at 33 points and moments while writing to %s, nothing is lost", patient, async storage => {
  const seed = Date.now() % 1_000_000
  const campaign = await killCampaign({ kills: 33, seed, storages: [storage] })
  expect(campaign.violations, `seed ${seed}\n${tableOf(campaign)}`).toEqual([])
  expect(campaign.kills).toBeGreaterThanOrEqual(30)
  const missed = killsAt(storage).filter(at => !campaign.rows.some(row => row.at === at && row.kills > 0))
  expect(missed.length, `points that were not met: ${missed}`).toBeLessThan(3)
  expect(campaign.reads).toBeGreaterThan(500)
})
