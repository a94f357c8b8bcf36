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

Element.prototype.scrollTo = function (this: Element, to?: ScrollToOptions | number, top?: number) {
	this.scrollTop = typeof to === "object" ? (to.top ?? this.scrollTop) : (top ?? this.scrollTop);
	this.dispatchEvent(new Event("scroll"));
};
vi.stubGlobal("ResizeObserver", FixedSizes);
Object.defineProperties(HTMLElement.prototype, {
	offsetParent: { configurable: true, get: () => document.body },
	offsetHeight: { configurable: true, get: () => sizePx.height },
	clientHeight: { configurable: true, get: () => sizePx.height },
});
