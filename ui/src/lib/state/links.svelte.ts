// Links open in the system's browser, and only after the person saw where they go.

/** An address, and the text it was shown with. */
export type AskedLink = { url: string; label: string };

let asked = $state.raw<AskedLink | null>(null);

/** Reactive: the address waiting for a yes; LinkDialog shows it. */
export const link = {
	get asked(): AskedLink | null {
		return asked;
	},
};

/** Shows the address and opens it if the person agrees. */
export function openLinkAfterAsking(url: string, label = ""): void {
	asked = { url, label };
}

export function forgetLink(): void {
	asked = null;
}
