// What is asked for more often than it can be answered.

/** Reads one after the other; of what is asked for while something is read, only the last. */
export function oneAtATime<Asked>(read: (asked: Asked) => Promise<void>): {
	ask: (asked: Asked) => void;
	/** What was asked for and is not being read yet is not wanted any more. */
	forget: () => void;
} {
	let next: { asked: Asked } | null = null;
	let isReading = false;

	async function readAll(): Promise<void> {
		if (isReading) return;
		isReading = true;
		try {
			while (next !== null) {
				const { asked } = next;
				next = null;
				await read(asked);
			}
		} finally {
			isReading = false;
		}
	}

	return {
		ask(asked) {
			next = { asked };
			void readAll();
		},
		forget: () => void (next = null),
	};
}
