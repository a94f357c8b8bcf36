// What the Costs screen shows: the days that are looked at, and what was spent in them.

import {
	backend,
	toProblem,
	type BudgetView,
	type CallFilter,
	type ClientStanding,
	type Overview,
	type Period,
	type Problem,
	type Query,
} from "$lib/backend";
import { daysOf, stepOf, today, type Days, type Range } from "$lib/days";

import { everything } from "./words";

export type Part = "spend" | "less" | "prices";

let part = $state<Part>("spend");

/** Which part of the screen is shown, also after the person was elsewhere. */
export const shownPart = {
	get now(): Part {
		return part;
	},
};

export function showPart(next: Part): void {
	part = next;
}

export class Costs {
	range = $state<Range>("month");
	/** The days that were chosen one by one. */
	chosen = $state.raw<Days>(daysOf("month", Date.now()));
	/** Null: what fits the days. */
	step = $state<Period | null>(null);
	workspace = $state<string | null>(null);
	/** Null until they were read. */
	overview = $state.raw<Overview | null>(null);
	budgets = $state.raw<BudgetView[]>([]);
	/** Clients of the local API that have a budget, of the workspace that is looked at. */
	clients = $state.raw<ClientStanding[]>([]);
	error = $state.raw<Problem | null>(null);
	/** Counts the questions, so that a late answer to an earlier one is not shown. */
	#asked = 0;
	#day = $state(today());

	readonly days = $derived.by<Days>(() => {
		// Others at midnight, where the screen stays open.
		void this.#day;
		return this.range === "chosen" ? this.chosen : daysOf(this.range, Date.now());
	});

	readonly query = $derived.by<Query>(() => {
		const filter: CallFilter = { ...everything, workspace: this.workspace };
		return { ...this.days, step: this.step ?? stepOf(this.days), filter };
	});

	/** See whether another day has begun. */
	lookAtDay(): void {
		this.#day = today();
	}

	async read(): Promise<void> {
		const asked = ++this.#asked;
		try {
			const place = this.workspace;
			const [overview, budgets, { clients }] = await Promise.all([
				backend.costOverview(this.query),
				backend.costBudgets(place),
				backend.localApi(),
			]);
			if (asked !== this.#asked) return;
			this.overview = overview;
			this.budgets = budgets;
			this.clients = clients.filter(
				({ standing, revokedAtMs, workspaceId }) =>
					standing !== null && revokedAtMs === null && (place === null || workspaceId === place),
			);
			this.error = null;
		} catch (thrown) {
			if (asked === this.#asked) this.error = toProblem(thrown);
		}
	}
}
