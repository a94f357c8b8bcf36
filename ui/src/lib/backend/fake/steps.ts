// What the fake host does goes step by step: by the clock where a person looks on, and where a test wants
// to see what is between two steps, as far as the test lets it.

export type Steps = {
	/** Between two steps. */
	pause: (ms: number) => Promise<void>;
	/** Has whatever is under way, or begins, stand at its next step. */
	halt: () => void;
	/** Lets it take so many steps and stand again; without a number nothing stands any more. */
	goOn: (steps?: number) => void;
};

export function stepByStep(): Steps {
	let left = Infinity;
	const standing: (() => void)[] = [];
	return {
		pause: async (ms) => {
			if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms));
			while (left === 0) await new Promise<void>((resolve) => standing.push(resolve));
			left -= 1;
		},
		halt: () => {
			left = 0;
		},
		goOn: (steps = Infinity) => {
			left = steps;
			for (const walk of standing.splice(0)) walk();
		},
	};
}
