// What is followed down from a number, and from a call to its entry of the record.

import { backend, type CallFilter, type Only } from "$lib/backend";

/** The calls behind a number. */
export type Followed = {
	/** What the number is. */
	title: string;
	first: string;
	last: string;
	filter: CallFilter;
};

/** The same calls, as far as this holds for them, too; null: all of them. */
export function narrowed(filter: CallFilter, only: Only | null): CallFilter {
	return only === null ? filter : { ...filter, only: [...(filter.only ?? []), only] };
}

/**
 * The entry of the end of a call; of its beginning, while it is under way; null: there is none. Others
 * speak of a call, too, such as those of looks at what left with it.
 */
export async function entryOf(call: number): Promise<number | null> {
	for (const action of ["call.ended", "call.began"]) {
		const [entry] = await backend.recordEntries({ action, call, limit: 1 });
		if (entry) return entry.sequence;
	}
	return null;
}
