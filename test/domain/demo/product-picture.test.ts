import { describe, expect, it } from 'vitest';
import { readCatalogue } from '../../../src/demo/catalogue.ts';
import { hasColour, productPicture } from '../../../src/demo/product-picture.ts';

const products = readCatalogue();

describe('the picture of a product', () => {
  it('is a small SVG in a data URL that runs nothing and fetches nothing', () => {
    for (const product of products) {
      const url = productPicture(product);
      expect(url).toMatch(/^data:image\/svg\+xml,/);
      expect(url.length).toBeLessThan(1_200);
      // what a URL and an attribute in double quotes could not hold as it is
      expect(url).not.toMatch(/[<>"#\s]script|["#<>]/);
      const svg = decodeURIComponent(url.slice(url.indexOf(',') + 1));
      expect(svg).toMatch(/^<svg xmlns='http:\/\/www\.w3\.org\/2000\/svg' .*<\/svg>$/);
      expect(svg.replace("xmlns='http://www.w3.org/2000/svg'", '')).not.toMatch(/script|href|url\(|http|undefined|NaN/);
    }
  });

  it('closes every element that it opens', () => {
    for (const product of products) {
      const svg = decodeURIComponent(productPicture(product));
      const opened = [...svg.matchAll(/<(\w+)[^>]*?(\/?)>/g)].filter(([, , closed]) => closed === '');
      const closed = [...svg.matchAll(/<\/(\w+)>/g)];
      expect(opened.map(([, name]) => name).sort()).toEqual(closed.map(([, name]) => name).sort());
    }
  });

  it('shows its category in its colour, and is the same each time', () => {
    expect(products.filter(({ colour }) => !hasColour(colour)).map(({ colour }) => colour)).toEqual([]);
    const [kettle] = products;
    expect(productPicture(kettle!)).toBe(productPicture({ ...kettle! }));
    expect(productPicture(kettle!)).not.toBe(productPicture({ ...kettle!, colour: 'red' }));
    expect(productPicture(kettle!)).not.toBe(productPicture({ ...kettle!, category: 'tents' }));
    expect(() => productPicture({ ...kettle!, category: 'boats' })).toThrow('no drawing of the category boats');
  });
});
