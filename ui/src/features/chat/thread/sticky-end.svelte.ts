// Keeps a scrolling region at its end while it grows, but only as long as the person is there.

/** This close to the end counts as being there. */
const nearPx = 32;
/** From here on the way back to the end is offered. */
const farPx = 240;
export class StickyEnd {
	/** The region follows its end. */
	sticks = $state(true);
	/** The end is well out of sight. */
	isFar = $state(false);

	#scroller: HTMLElement | null = null;
	#lastTop = 0;

	constructor(sticks: boolean) {
		this.sticks = sticks;
	}

	/** Follow a region and what is in it until the returned function is called. */
	watch(scroller: HTMLElement): () => void {
		this.#scroller = scroller;
		const observer = new ResizeObserver(() => this.#follow());
		observer.observe(scroller);
		for (const child of scroller.children) observer.observe(child);
		const scroll = () => this.#scrolled();
		scroller.addEventListener("scroll", scroll, { passive: true });
		this.#follow();
		return () => {
			observer.disconnect();
			scroller.removeEventListener("scroll", scroll);
			this.#scroller = null;
		};
	}

	/** Go to the end and stay there. */
	stick(): void {
		this.sticks = true;
		this.#follow();
	}

	/** Stay where the person is going to be shown something. */
	release(): void {
		this.sticks = false;
	}

	#follow(): void {
		const scroller = this.#scroller;
		if (!scroller) return;
		if (this.sticks) scroller.scrollTop = scroller.scrollHeight;
		this.#note(scroller, distanceFromEnd(scroller));
	}

	#scrolled(): void {
		const scroller = this.#scroller;
		if (!scroller) return;
		const distance = distanceFromEnd(scroller);
		if (distance <= nearPx) this.sticks = true;
		else if (scroller.scrollTop < this.#lastTop - 1) this.sticks = false;
		else if (this.sticks) return this.#follow();
		this.#note(scroller, distance);
	}

	#note(scroller: HTMLElement, distance: number): void {
		this.#lastTop = scroller.scrollTop;
		this.isFar = !this.sticks && distance > farPx;
	}
}

function distanceFromEnd({ scrollHeight, clientHeight, scrollTop }: HTMLElement): number {
	return scrollHeight - clientHeight - scrollTop;
}
