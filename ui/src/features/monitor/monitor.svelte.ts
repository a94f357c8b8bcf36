// What the Monitor screen shows: how the calls of some days went, and what is under way.

import {
	backend,
	toProblem,
	type Live,
	type MonitorOverview,
	type MonitorQuery,
	type PricedModel,
	type Problem,
} from "$lib/backend";
import { daysOf, today, type Days, type Range } from "$lib/days";
import { readAlerts } from "$lib/state/alerts.svelte";
import { markOf } from "$lib/state/calls";

import { paceOf } from "./days";

/** How often alerts are read again: what they say of the last minutes changes with time alone. */
const alertsEveryMs = 30_000;

export class Monitor {
	range = $state<Range>("week");
	/** The days that were chosen one by one. */
	chosen = $state.raw<Days>(daysOf("week", Date.now()));
	/** Null: all. */
	model = $state.raw<PricedModel | null>(null);
	/** Null until it was read. */
	overview = $state.raw<MonitorOverview | null>(null);
	live = $state.raw<Live | null>(null);
	/** Models that were asked in the range, whichever one is looked at. */
	models = $state.raw<PricedModel[]>([]);
	/** What went wrong when the numbers were last read, and when it was last looked at what is under way. */
	#readError = $state.raw<Problem | null>(null);
	#lookError = $state.raw<Problem | null>(null);
	readonly error = $derived(this.#readError ?? this.#lookError);
	/** Counts the questions, so that a late answer to an earlier one is not shown. */
	#asked = 0;
	#alertsReadMs = Date.now();
	#day = $state(today());

	readonly query = $derived.by<MonitorQuery>(() => {
		// Another one at midnight, where the screen stays open.
		void this.#day;
		const days = this.range === "chosen" ? this.chosen : daysOf(this.range, Date.now());
		return { ...days, pace: paceOf(days), model: this.model };
	});

	async read(): Promise<void> {
		const asked = ++this.#asked;
		try {
			const overview = await backend.monitorOverview(this.query);
			if (asked !== this.#asked) return;
			this.overview = overview;
			if (this.model === null) {
				this.models = overview.models.map(({ provider, model }) => ({ provider, model }));
			}
			this.#readError = null;
		} catch (thrown) {
			if (asked === this.#asked) this.#readError = toProblem(thrown);
		}
	}

	/** What is under way; all the rest again where a call has begun or ended since, and alerts now and then. */
	async look(): Promise<void> {
		try {
			const before = this.live;
			const live = await backend.monitorLive();
			this.live = live;
			this.#day = today();
			const hasCalls = before !== null && markOf(before) !== markOf(live);
			if (hasCalls || Date.now() - this.#alertsReadMs >= alertsEveryMs) {
				this.#alertsReadMs = Date.now();
				await Promise.all([hasCalls ? this.read() : undefined, readAlerts()]);
			}
			this.#lookError = null;
		} catch (thrown) {
			this.#lookError = toProblem(thrown);
		}
	}
}
