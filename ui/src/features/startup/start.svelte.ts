// The opening of the data, as the window follows it. It begins before the interface is read, because
// the host's replies and that reading take about as long.

import { backend, toProblem, type Startup } from "$lib/backend";
import { readSettings, settings } from "$lib/state/settings.svelte";

export class Start {
	/** How it ended; null until it has. */
	outcome = $state.raw<Startup | null>(null);
	/** Resolves when it has ended for the first time. */
	readonly ended: Promise<void>;
	readonly #unlisten: () => void;

	constructor() {
		// The daily check of the open data may find damage, even before the reply to the start
		// is here: so listen before asking, and do not let that reply take its place.
		this.#unlisten = backend.on("startupChanged", (startup) => (this.outcome = startup));
		this.ended = this.#ask();
	}

	/** Follow it no longer. */
	end(): void {
		this.#unlisten();
	}

	async #ask(): Promise<void> {
		// The first screen needs them, and the host has usually opened the data by now; else they are
		// read after it has. If that fails too, the shell says why.
		const read = () => readSettings().catch(() => undefined);
		const early = read();
		let startup: Startup;
		try {
			await backend.listening();
			startup = await backend.startup();
		} catch (thrown) {
			startup = problem(toProblem(thrown).message);
		}
		await early;
		if (startup.state === "ready" && !settings.areKnown) await read();
		this.outcome ??= startup;
	}
}

function problem(message: string): Startup {
	return {
		state: "problem",
		code: "internal",
		message,
		hint: null,
		dataFolder: "",
		snapshots: [],
		canRetry: true,
		canUseKeyFile: false,
		canStartEmpty: false,
	};
}
