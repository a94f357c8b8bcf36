// jsdom lays nothing out, so a list that draws only what is seen would draw nothing. Import this in a
// test to give every element a size.
import { vi } from "vitest";

const sizePx = { width: 800, height: 600 };
const itemHeightPx = 50;

/** Scrolling regions are a window high; what is in them is a row high. */
function heightOf(element: Element): number {
	return element.parentElement?.style.position === "relative" ? itemHeightPx : sizePx.height;
}

class FixedSizes implements ResizeObserver {
	readonly #tell: ResizeObserverCallback;
	constructor(tell: ResizeObserverCallback) {
		this.#tell = tell;
	}
	observe(target: Element): void {
		const contentRect = new DOMRect(0, 0, sizePx.width, heightOf(target));
		const box = [{ inlineSize: contentRect.width, blockSize: contentRect.height }];
		const entry = {
			target,
			contentRect,
			borderBoxSize: box,
			contentBoxSize: box,
			devicePixelContentBoxSize: box,
		};
		queueMicrotask(() => this.#tell([entry], this));
	}
	unobserve(): void {}
	disconnect(): void {}
}

vi.stubGlobal("ResizeObserver", FixedSizes);

/** How high the content of a scrolling region says it is. */
function contentHeight(element: Element): number {
	const content = element.firstElementChild;
	const height = content instanceof HTMLElement ? parseFloat(content.style.height) : NaN;
	return Number.isNaN(height) ? sizePx.height : height;
}

const scrolledTo = new WeakMap<Element, number>();

Element.prototype.scrollTo = function (this: Element, to?: ScrollToOptions | number, top?: number) {
	this.scrollTop = (typeof to === "object" ? to.top : top) ?? this.scrollTop;
};
Element.prototype.scrollBy = function (this: Element, by?: ScrollToOptions | number, y?: number) {
	this.scrollTop += (typeof by === "object" ? by.top : y) ?? 0;
};
Object.defineProperties(HTMLElement.prototype, {
	offsetParent: { configurable: true, get: () => document.body },
	offsetHeight: { configurable: true, get: () => sizePx.height },
	clientHeight: { configurable: true, get: () => sizePx.height },
	scrollHeight: {
		configurable: true,
		get(this: HTMLElement) {
			return contentHeight(this);
		},
	},
	scrollTop: {
		configurable: true,
		get(this: HTMLElement) {
			return scrolledTo.get(this) ?? 0;
		},
		set(this: HTMLElement, top: number) {
			const to = Math.max(0, Math.min(top, contentHeight(this) - sizePx.height));
			if (to === this.scrollTop) return;
			scrolledTo.set(this, to);
			this.dispatchEvent(new Event("scroll"));
		},
	},
});
