// The fake host's pictures: a draft has them until they are sent, and each is one pixel.

import type { Backend } from "../backend";
import type { Picture, Problem } from "../bindings";

export type PicturesPart = Pick<
	Backend,
	| "draftPictures"
	| "choosePictures"
	| "addDroppedPictures"
	| "pastePicture"
	| "pasteCopiedPicture"
	| "removePicture"
	| "showPicture"
>;

/** For the fake host's messages. */
export type ShownPart = {
	/** Take pictures out of the drafts: a message shows them from now on. */
	taken: (ids: string[]) => Picture[];
};

const pixel =
	"data:image/svg+xml;base64," +
	btoa(
		'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 32"><rect width="48" height="32" fill="#9db8d2"/><path d="M0 32L16 14l10 10 8-6 14 14z" fill="#4d6b57"/><circle cx="37" cy="9" r="4" fill="#f2e2a0"/></svg>',
	);

const tooMany: Problem = {
	code: "invalid_input",
	message: "A message takes at most 8 pictures.",
	hint: null,
};

export function fakePictures(): PicturesPart & ShownPart {
	const drafts = new Map<string, { picture: Picture; conversation: string | null }>();
	let ids = 0;

	function add(conversation: string | null): Picture {
		const there = [...drafts.values()].filter((one) => one.conversation === conversation);
		if (there.length >= 8) throw tooMany;
		const picture: Picture = {
			id: `picture-${++ids}`,
			format: "jpeg",
			width: 1600,
			height: 1067,
			bytes: 214_000,
		};
		drafts.set(picture.id, { picture, conversation });
		return picture;
	}

	return {
		taken: (wanted) =>
			wanted.flatMap((id) => {
				const found = drafts.get(id);
				drafts.delete(id);
				return found ? [found.picture] : [];
			}),
		draftPictures: async (conversation) =>
			[...drafts.values()]
				.filter((one) => one.conversation === conversation)
				.map(({ picture }) => picture),
		choosePictures: async (conversation) => ({ pictures: [add(conversation)], refused: [] }),
		addDroppedPictures: async (conversation) => ({ pictures: [add(conversation)], refused: [] }),
		pastePicture: async (conversation) => add(conversation),
		pasteCopiedPicture: async () => null,
		removePicture: async (id) => void drafts.delete(id),
		showPicture: async () => pixel,
	};
}
