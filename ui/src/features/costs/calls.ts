// What is followed down from a number.

import type { CallFilter } from "$lib/backend";

/** The calls behind a number. */
export type Followed = {
	/** What the number is. */
	title: string;
	first: string;
	last: string;
	filter: CallFilter;
};
