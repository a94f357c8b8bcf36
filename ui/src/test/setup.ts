import { configure } from "@testing-library/svelte";
import { vi } from "vitest";

// Machines that test are slow and busy; what is waited for ends the waiting at once.
configure({ asyncUtilTimeout: 15_000 });

// What jsdom lacks and the components use.

Element.prototype.scrollIntoView = vi.fn();
Element.prototype.hasPointerCapture = () => false;
Element.prototype.setPointerCapture = vi.fn();
Element.prototype.releasePointerCapture = vi.fn();
globalThis.ResizeObserver ??= class {
	observe(): void {}
	unobserve(): void {}
	disconnect(): void {}
};
window.matchMedia ??= (query: string): MediaQueryList =>
	({
		matches: false,
		media: query,
		onchange: null,
		addEventListener: () => {},
		removeEventListener: () => {},
		addListener: () => {},
		removeListener: () => {},
		dispatchEvent: () => false,
	}) as MediaQueryList;
// The accessibility checker measures text on a canvas for one rule, which is off.
HTMLCanvasElement.prototype.getContext = () => null;
