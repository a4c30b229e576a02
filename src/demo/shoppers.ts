import type { Metadata } from '../collections/collection.ts';
import type { InteractionType } from '../interactions/interaction.ts';
import type { Rng } from '../shared/rng.ts';
import type { ProductStyle } from './catalogue.ts';

export const segments = ['gearheads', 'browsers'] as const;
/** `gearheads` buy by the data sheet, `browsers` by how it would feel to own the thing. */
export type Segment = (typeof segments)[number];

const favourite: Record<Segment, ProductStyle> = { gearheads: 'technical', browsers: 'homely' };

/** What a shopper types, and the category that they have in mind. */
export interface DemoQuery {
  text: string;
  category: string;
}

export const demoQueries: readonly DemoQuery[] = [
  { text: 'trail kettle for boiling water', category: 'kettles' },
  { text: 'gas stove for camp cooking', category: 'stoves' },
  { text: 'winter sleeping bag', category: 'sleeping-bags' },
  { text: 'two person tent', category: 'tents' },
  { text: 'head torch for walking at night', category: 'head-torches' },
  { text: 'camping lantern', category: 'lanterns' },
  { text: 'waterproof rain jacket', category: 'rain-jackets' },
  { text: 'leather hiking boots', category: 'boots' },
  { text: 'warm merino wool socks', category: 'socks' },
  { text: 'insulated flask for hot coffee', category: 'flasks' },
  { text: 'drinking water filter', category: 'water-filters' },
  { text: 'folding pocket knife', category: 'knives' },
  { text: 'cast iron frying pan', category: 'pans' },
  { text: 'folding camp chair', category: 'chairs' },
  { text: 'picnic blanket', category: 'blankets' },
  { text: 'garden bird feeder', category: 'bird-feeders' },
  { text: 'rose pruning shears', category: 'pruning' },
  { text: 'watering plants', category: 'watering' },
  { text: 'manual coffee grinder', category: 'coffee' },
  { text: 'first aid kit', category: 'first-aid' },
  { text: 'hammock to hang between trees', category: 'hammocks' },
  { text: 'outdoor fire pit', category: 'fire-pits' },
  { text: 'hiking daypack with rain cover', category: 'backpacks' },
  { text: 'trekking poles for steep paths', category: 'walking-poles' },
  { text: 'mosquito net for bed', category: 'insect-protection' },
  { text: 'bread baking', category: 'baking' },
];

/** What a shopper did with the product at a position; every one that they looked at has a VIEW. */
export interface ShopperAction {
  /** From 0. */
  position: number;
  interactionTypes: InteractionType[];
}

/** Chances of a click on a product that was looked at. */
const clickChance = { wanted: 0.65, wrongStyle: 0.06, wrongCategory: 0.01 };
/** Of those not clicked, how many the shopper waves away. */
const skipChance = 0.15;
/** Chances of going on down the list, after a click and without one. */
const goOnChance = { clicked: 0.4, passed: 0.9 };
/** Chances of more than a click. */
const purchaseChance = 0.1;
const addToCartChance = 0.2;

/**
 * One shopper before one list of results. They go down it from the top, decide on each product by itself, and go on or
 * stop: a cascade that may have several clicks (Guo, Liu and Wang 2009, "Efficient multiple-click models in web search").
 * They judge by what a product is (metadata `category` and `style`), never by which feature found it.
 * @param hits best first, with the metadata of their documents
 * @returns the products looked at, from the top
 */
export function simulateShopper(
  hits: readonly { metadata: Metadata }[],
  query: DemoQuery,
  segment: Segment,
  rng: Rng,
): ShopperAction[] {
  const actions: ShopperAction[] = [];
  const happens = (chance: number) => rng.next() < chance;
  for (const [position, { metadata }] of hits.entries()) {
    const clicked = happens(appeal(metadata, query, segment));
    actions.push({ position, interactionTypes: clicked ? engagement(happens) : passing(happens) });
    if (!happens(clicked ? goOnChance.clicked : goOnChance.passed)) break;
  }
  return actions;
}

function appeal({ category, style }: Metadata, query: DemoQuery, segment: Segment): number {
  if (category !== query.category) return clickChance.wrongCategory;
  return style === favourite[segment] ? clickChance.wanted : clickChance.wrongStyle;
}

function engagement(happens: (chance: number) => boolean): InteractionType[] {
  if (happens(purchaseChance)) return ['VIEW', 'CLICK', 'ADD_TO_CART', 'PURCHASE'];
  return happens(addToCartChance) ? ['VIEW', 'CLICK', 'ADD_TO_CART'] : ['VIEW', 'CLICK'];
}

function passing(happens: (chance: number) => boolean): InteractionType[] {
  return happens(skipChance) ? ['VIEW', 'SKIP'] : ['VIEW'];
}
