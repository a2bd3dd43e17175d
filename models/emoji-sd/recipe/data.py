"""Emoji data: render the SVGs once to 160 px RGBA, then make 64x64 RGB training pictures and captions."""
import json, os, random, subprocess
import numpy as np
from PIL import Image

ASSETS = os.environ.get('EMOJI_ASSETS', 'assets')       # folder with the unpacked npm packages
WORK = os.environ.get('EMOJI_WORK', 'emoji-sd-work')    # scratch folder
SETS = {  # style word -> unpacked npm package folder
    'blob': 'iconify-json-noto-v1-1.2.5',
    'twemoji': 'iconify-json-twemoji-1.2.5',
    'fluent': 'iconify-json-fluent-emoji-flat-1.2.6',
    'mono': 'iconify-json-fluent-emoji-high-contrast-1.2.6',
}
EXTRA_SETS = {'emojione': 'iconify-json-emojione-1.2.3', 'noto': 'iconify-json-noto-1.2.9'}   # only for the judges' `other`
STYLES = list(SETS)
# caption word -> CLDR short name
OBJ = {
    'church': 'church', 'house': 'house', 'horse': 'horse', 'dog': 'dog', 'cat': 'cat', 'guitar': 'guitar',
    'pizza': 'pizza', 'hamburger': 'hamburger', 'rocket': 'rocket', 'airplane': 'airplane', 'fish': 'fish',
    'banana': 'banana', 'red apple': 'red apple', 'bicycle': 'bicycle', 'bus': 'bus', 'rose': 'rose',
    'sunflower': 'sunflower', 'tree': 'evergreen tree', 'mushroom': 'mushroom', 'umbrella': 'umbrella',
}
OBJECTS = list(OBJ)
# emoji outside the list, for the judges' `other` class (those that look like a listed object are left out on purpose)
OTHER = '''automobile; taxi; cactus; sailboat; key; alarm clock; soccer ball; butterfly; elephant; penguin; octopus; snail; turtle;
grapes; strawberry; birthday cake; camera; crown; light bulb; scissors; wrapped gift; watermelon; pineapple; cherries; lemon; melon;
peach; pear; corn; hot pepper; eggplant; carrot; bread; croissant; cheese wedge; meat on bone; poultry leg; french fries; hot dog; taco;
burrito; popcorn; doughnut; cookie; chocolate bar; candy; lollipop; honey pot; teapot; wine glass; beer mug; spoon; amphora;
globe showing europe-africa; mount fuji; volcano; camping; desert; stadium; classical building; bank; hotel; hospital; school;
factory; japanese castle; castle; tokyo tower; statue of liberty; fountain; tent; ferris wheel; roller coaster; locomotive; ambulance;
fire engine; police car; delivery truck; tractor; racing car; motorcycle; motor scooter; kick scooter; anchor; ship; canoe; helicopter;
satellite; flying saucer; hourglass done; watch; sun; crescent moon; star; cloud; rainbow; snowflake; snowman without snow; fire;
droplet; water wave; jack-o-lantern; christmas tree; fireworks; sparkles; balloon; party popper; trophy; sports medal; baseball; basketball;
volleyball; american football; tennis; bowling; cricket game; boxing glove; goal net; ice skate; fishing pole; running shirt; skis;
sled; curling stone; bullseye; kite; video game; joystick; slot machine; game die; teddy bear; chess pawn; artist palette; thread; yarn; glasses;
sunglasses; necktie; t-shirt; jeans; dress; kimono; bikini; handbag; backpack; running shoe; high-heeled shoe; top hat; lipstick; ring;
gem stone; megaphone; bell; musical note; microphone; headphone; radio; saxophone; trumpet; violin; drum; mobile phone; telephone;
battery; laptop; printer; keyboard; computer mouse; computer disk; floppy disk; film frames; television; magnifying glass tilted left; candle;
open book; newspaper; money bag; credit card; envelope; package; pencil; paintbrush; briefcase; file folder; calendar; pushpin; paperclip;
locked; hammer; axe; pick; crossed swords; bomb; shield; wrench; gear; balance scale; link; toolbox; magnet; test tube; microscope; telescope;
syringe; pill; door; bed; toilet; shower; bathtub; broom; basket; soap; sponge; shopping cart; cigarette; coffin; moai; lion; tiger; cow;
pig; goat; camel; mouse; rabbit; hedgehog; bat; bear; panda; kangaroo; turkey; chicken; eagle; duck; owl; frog; crocodile; snake; spiral shell;
bug; ant; honeybee; spider; scorpion; ladybug; bouquet; tulip; hibiscus; four leaf clover; maple leaf; palm tree; sheaf of rice;
ghost; alien; robot; pile of poo; red heart; thumbs up; eye; brain; tooth; bone; skull; footprints; rat; dolphin; whale; shark; crab; shrimp; squid;
dragon; dinosaur; lizard; peacock; flamingo; swan; parrot; coconut; avocado; broccoli; garlic; onion; pretzel; pancakes; waffle; bacon;
egg; salt; bento box; rice ball; sushi; fortune cookie; ice cream; cupcake; pie; baby bottle; glass of milk; teacup without handle'''
OTHER = [o.strip() for o in OTHER.replace('\n', ' ').split(';')]
COLOURS = {
    'white': (255, 255, 255), 'gray': (165, 165, 165), 'red': (226, 84, 84), 'orange': (246, 164, 74),
    'yellow': (250, 226, 100), 'green': (116, 200, 116), 'blue': (104, 164, 236), 'purple': (176, 128, 216),
}
CNAMES = list(COLOURS)
R = 160
PAIRS = [(o, s) for o in range(len(OBJECTS)) for s in range(len(STYLES))]


def concepts(names):
    """'pizza,fluent' -> {'pizza', 'fluent'}; every name must be an object or a style"""
    r = {n.strip() for n in names.split(',') if n.strip()}
    unknown = r - set(OBJECTS) - set(STYLES)
    if unknown:
        raise SystemExit(f'not an object or style of this data: {", ".join(sorted(unknown))}')
    return r


def _norm(s):
    return ''.join(c for c in s.lower() if c.isalnum())


class Set:
    """one Iconify package"""

    def __init__(self, folder):
        self.j = j = json.load(open(f'{ASSETS}/{folder}/icons.json'))
        self.names = {_norm(n): n for n in j.get('aliases', {})}
        self.names.update({_norm(n): n for n in j['icons']})

    def __contains__(self, name):
        return _norm(name) in self.names

    def render(self, name, tmp):
        j, n = self.j, self.names[_norm(name)]
        while n not in j['icons']:
            n = j['aliases'][n]['parent']
        ic = j['icons'][n]
        w, h = ic.get('width', j.get('width', 16)), ic.get('height', j.get('height', 16))
        l, t = ic.get('left', j.get('left', 0)), ic.get('top', j.get('top', 0))
        open(tmp + '.svg', 'w').write(
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{R}" height="{R}" viewBox="{l} {t} {w} {h}">{ic["body"]}</svg>')
        subprocess.check_call(['rsvg-convert', '-w', str(R), '-h', str(R), tmp + '.svg', '-o', tmp + '.png'])
        return np.asarray(Image.open(tmp + '.png').convert('RGBA'))


def render_all():
    os.makedirs(WORK, exist_ok=True)
    if not os.path.exists(f'{WORK}/icons.npz'):
        arr = np.zeros((len(OBJECTS), len(STYLES), R, R, 4), np.uint8)
        for si, s in enumerate(STYLES):
            st = Set(SETS[s])
            for oi, o in enumerate(OBJECTS):
                arr[oi, si] = st.render(OBJ[o], f'{WORK}/tmp')
        np.savez_compressed(f'{WORK}/icons.npz', a=arr)
    if not os.path.exists(f'{WORK}/other.npz'):
        pics, names, sty = [], [], []
        for si, folder in enumerate(list(SETS.values()) + list(EXTRA_SETS.values())):   # style index 4, 5: a set outside the four
            st = Set(folder)
            for o in OTHER + ([OBJ[k] for k in OBJECTS] if si >= len(SETS) else []):
                if o in st:
                    pics.append(st.render(o, f'{WORK}/tmp')); names.append(o); sty.append(si)
        np.savez_compressed(f'{WORK}/other.npz', a=np.stack(pics), names=np.array(names), style=np.array(sty))


_icons = None


def icons():
    global _icons
    if _icons is None:
        a = np.load(f'{WORK}/icons.npz')['a']
        _icons = [[Image.fromarray(a[o, s], 'RGBA') for s in range(a.shape[1])] for o in range(a.shape[0])]
    return _icons


def paste(im, col, rng, size=(53, 59), shift=1, jitter=0):
    """RGBA picture on a plain background -> uint8 [64,64,3]"""
    n = rng.randint(*size)
    im = im.resize((n, n), Image.BICUBIC)
    if jitter:
        col = tuple(max(0, min(255, c + rng.randint(-jitter, jitter))) for c in col)
    base = Image.new('RGB', (64, 64), col)
    base.paste(im, ((64 - n) // 2 + rng.randint(-shift, shift), (64 - n) // 2 + rng.randint(-shift, shift)), im)
    return np.asarray(base)


AUGMENTS = {'': {}, 'wide': dict(size=(49, 60), shift=2)}      # AUGMENT of cache_latents.py: more sizes and places of the drawing


def picture(o, s, bg, rng, **k):
    return paste(icons()[o][s], COLOURS[bg], rng, **k)


def art(o):
    return 'an' if o[0] in 'aeiou' else 'a'


FULL = ['{A} {o}, {s} style, {c} background', '{A} {o} in {s} style on {B} {c} background']
STYLE = ['{A} {o}, {s} style', '{A} {o} in {s} style']
COLOUR = ['{A} {o}, {c} background', '{A} {o} on {B} {c} background']
NONE = ['a photo of {A} {o}', '{A} {o}', '{o}', 'a picture of {A} {o}']


def caption(o, s, c, rng):
    """o, s, c are names; returns one caption, '' for 10 %"""
    u = rng.random()
    if u < 0.10:
        return ''
    t = rng.choice(FULL if u < 0.65 else STYLE if u < 0.80 else COLOUR if u < 0.88 else NONE)
    plain = rng.random() < 0.5          # 'a airplane' as well as 'an airplane'
    return t.format(A='a' if plain else art(o), B='a' if plain else art(c), o=o, s=s, c=c)


def full_prompt(o, s, c, rng):
    return rng.choice(FULL).format(A=art(o), B=art(c), o=o, s=s, c=c)


if __name__ == '__main__':
    render_all()
    rng = random.Random(0)
    sheet = Image.new('RGB', (64 * 20, 64 * 4))
    for o, s in PAIRS:
        sheet.paste(Image.fromarray(picture(o, s, rng.choice(CNAMES), rng)), (o * 64, s * 64))
    sheet.save(f'{WORK}/data_sheet.png')
    d = np.load(f'{WORK}/other.npz')
    print(len(PAIRS), 'pairs;', len(set(d['names'])), 'other emoji,', len(d['names']), 'pictures')
