// Runs checks one after the other and says how each went; the test that started this reads along.

import { createInterface } from "node:readline";

export const origin = process.argv[2];

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tells the test that a call was cancelled, and waits until it has seen the handler go. */
export async function tellCancelled() {
  console.log("cancelled");
  await lines.next();
}

export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    // A client that hangs is a failure like any other.
    const watchdog = setTimeout(() => {
      console.error(`${name}: hangs`);
      process.exit(1);
    }, 20_000);
    try {
      await check();
    } catch (error) {
      console.error(`${name}: ${error.stack ?? error}`);
      process.exit(1);
    }
    clearTimeout(watchdog);
    console.log(`ok ${name}`);
  }
  process.exit(0);
}
