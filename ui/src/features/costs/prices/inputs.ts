// Prices as a person enters them, and where such a form begins: with what is known, where something is.

import type { PricedModel, PriceInput, PriceRow, Service } from "$lib/backend";

export const services: { value: Service; label: string }[] = [
	{ value: "standard", label: "Answered at once" },
	{ value: "batch", label: "Within a day (batch)" },
	{ value: "flex", label: "When there is room (flex)" },
	{ value: "priority", label: "Before others (priority)" },
];

/** A price that nothing is known of. */
export function emptyInput(model: PricedModel): PriceInput {
	return {
		...model,
		dated: false,
		service: "standard",
		input: "",
		cached: "",
		cacheWrite: "",
		cacheWriteHour: "",
		output: "",
		reasoning: "",
		source: "",
	};
}

/** What a price says, to be changed; what is not known stays empty. */
export function inputOf(row: PriceRow): PriceInput {
	const amount = (shown: string | null) => shown?.replace("$", "") ?? "";
	return {
		provider: row.provider,
		model: row.model,
		dated: row.dated,
		service: row.service,
		input: amount(row.input),
		cached: amount(row.cached),
		cacheWrite: amount(row.cacheWrite),
		cacheWriteHour: amount(row.cacheWriteHour),
		output: amount(row.output),
		reasoning: amount(row.reasoning),
		// What the person read elsewhere is not where this price was read.
		source: row.isOwn ? row.source : "",
	};
}

/** The price that holds on a day for what is named so: one's own before others, then the newest. */
export function priceOf(
	rows: PriceRow[],
	named: Pick<PriceInput, "provider" | "model" | "service">,
	day: string,
): PriceRow | null {
	const holds = rows.filter(
		(row) =>
			row.provider === named.provider.trim().toLowerCase() &&
			row.model === named.model.trim() &&
			row.service === named.service &&
			row.hours === null &&
			row.from <= day &&
			(row.until === null || day < row.until),
	);
	const rank = (row: PriceRow) => `${row.isOwn ? 1 : 0}${row.from}`;
	return holds.reduce<PriceRow | null>(
		(best, row) => (best === null || rank(row) > rank(best) ? row : best),
		null,
	);
}
