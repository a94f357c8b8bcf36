// Requests that must not overtake each other: each starts when the one before has ended.

export class Turns {
	#last: Promise<unknown> = Promise.resolve();

	/** What the work gives or throws; a failure does not hold up the next one. */
	take<T>(work: () => Promise<T>): Promise<T> {
		const done = this.#last.then(work);
		this.#last = done.catch(() => undefined);
		return done;
	}
}
