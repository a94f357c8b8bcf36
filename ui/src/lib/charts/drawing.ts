// A drawing of the host as elements of the page: only shapes and words are taken over.

import type { Attachment } from "svelte/attachments";

const elements = new Set([
	"svg",
	"title",
	"desc",
	"rect",
	"circle",
	"line",
	"polyline",
	"polygon",
	"circle",
	"text",
	"g",
]);
const attributes = new Set([
	"role",
	"width",
	"height",
	"viewBox",
	"x",
	"y",
	"cx",
	"cy",
	"r",
	"x1",
	"x2",
	"y1",
	"y2",
	"dy",
	"points",
	"fill",
	"stroke",
	"stroke-width",
	"opacity",
	"text-anchor",
	"font-family",
	"font-size",
	"font-weight",
]);

/** The drawing, or null where the text is none. */
export function readDrawing(svg: string): SVGElement | null {
	const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
	if (root.localName !== "svg") return null;
	for (const element of [root, ...root.querySelectorAll("*")]) {
		if (!elements.has(element.localName)) {
			element.remove();
			continue;
		}
		for (const { name } of [...element.attributes]) {
			if (!attributes.has(name) && name !== "xmlns") element.removeAttribute(name);
		}
	}
	return document.importNode(root, true) as unknown as SVGElement;
}

/** Shows a drawing in an element, in place of the one before. */
export function drawingOf(svg: string): Attachment<HTMLElement> {
	return (place) => {
		const drawing = readDrawing(svg);
		// Named by the element around it, which can be stepped through.
		drawing?.setAttribute("aria-hidden", "true");
		place.replaceChildren(...(drawing ? [drawing] : []));
	};
}

/** How wide a drawing is made for some room: anew only where that has really changed; between that it is scaled. */
export function drawnWidth(room: number): number {
	return Math.min(1400, Math.max(320, Math.round(room / 80) * 80));
}
