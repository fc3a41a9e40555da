import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const optIn = process.env.TEST_PROJECT

/** Long files would be the last, since they are short as texts: they only name a suite. Then one worker has nothing to do. */
class SuitesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSuite = ({ moduleId }: TestSpecification) => moduleId.includes("/tests/conformance/")
    const sorted = await super.sort(files)
    return [...sorted.filter(isSuite), ...sorted.filter(file => !isSuite(file))]
  }
}

/** `unit` is in memory and quick; `system` uses engines, files, processes and the browser. */
export default defineConfig({
  resolve: { conditions: ["@assets/source"] },
  ssr: { resolve: { conditions: ["@assets/source"] } },
  test: {
    // Tests of the built command see what was compiled when they began.
    globalSetup: ["scripts/built-packages.mjs"],
    setupFiles: ["tests/property-seed.ts"],
    sequence: { sequencer: SuitesFirst },
    // Only what hangs: a test is not red because the machine is busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Of the time of quick tests, importing the same modules anew for each file is more than half.
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
          include: [
            "packages/{core,dataframe,cli,ui}/test/**/*.test.ts",
            "tests/architecture.test.ts",
            "tests/docs/**/*.test.ts",
          ],
        },
      },
      {
        extends: true,
        test: {
          name: "system",
          // Much of their time is waiting for processes that they start.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          include: [
            "packages/io-*/test/**/*.test.ts",
            "tests/{conformance,parity,faults,e2e,browser,types,examples,deploy}/**/*.test.ts",
          ],
        },
      },
      // One of `npm run test:yarn` and its like, which bring what they need.
      ...(optIn ? [{ extends: true as const, test: { name: optIn, include: [`tests/${optIn}/**/*.test.ts`] } }] : []),
    ],
  },
})
