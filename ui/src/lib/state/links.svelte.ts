// Links open in the system's browser, and only after the person saw where they go.

let asked = $state<string | null>(null);

/** Reactive: the address waiting for a yes; LinkDialog shows it. */
export const link = {
	get asked(): string | null {
		return asked;
	},
};

/** Shows the address and opens it if the person agrees. */
export function openLinkAfterAsking(url: string): void {
	asked = url;
}

export function forgetLink(): void {
	asked = null;
}
