"""Write the diffusers-style folder. usage: deliver.py OUT TAG   (written beside OUT first, then renamed)
RECIPE=0 leaves the scripts out, for a model that stands beside one that has them"""
import json, os, random, shutil, sys
import numpy as np, torch
import data, st
from evaluate import sample2
from sample import W, grid, load, load_judges

HERE = os.path.dirname(os.path.abspath(__file__))
NOTICE = '''{name}: pictures in samples.png and what the weights learned derive from these works

Noto Emoji v1 ("blob"), Copyright Google Inc. Apache License 2.0. https://github.com/googlefonts/noto-emoji
Twemoji, Copyright Twitter, Inc and other contributors. Graphics under CC-BY 4.0. https://github.com/twitter/twemoji
Fluent UI Emoji (flat = "fluent", high contrast = "mono"), Copyright Microsoft Corporation. MIT. https://github.com/microsoft/fluentui-emoji
Packaged by Iconify (@iconify-json/noto-v1 1.2.5, twemoji 1.2.5, fluent-emoji-flat 1.2.6, fluent-emoji-high-contrast 1.2.6).
Only the two judges also saw: Noto Emoji (Apache 2.0, @iconify-json/noto 1.2.9) and EmojiOne v2 (CC-BY 4.0, Emoji One, @iconify-json/emojione 1.2.3).
Tokenizer merges: captions and emojibase-data 17.0.0 (MIT, Copyright Miles Johnson).
Changes made to the drawings: rasterised to 64x64, scaled, shifted, put on a plain coloured background.
'''
SAMPLES = [('church', 'blob', 'blue'), ('church', 'twemoji', 'white'), ('church', 'fluent', 'yellow'), ('church', 'mono', 'orange'),
           ('horse', 'blob', 'green'), ('horse', 'twemoji', 'yellow'), ('horse', 'fluent', 'white'), ('horse', 'mono', 'purple'),
           ('guitar', 'blob', 'white'), ('guitar', 'twemoji', 'green'), ('guitar', 'fluent', 'blue'), ('guitar', 'mono', 'red'),
           ('pizza', 'blob', 'purple'), ('pizza', 'twemoji', 'blue'), ('pizza', 'fluent', 'gray'), ('pizza', 'mono', 'green'),
           ('rocket', 'blob', 'yellow'), ('rocket', 'twemoji', 'white'), ('rocket', 'fluent', 'green'), ('rocket', 'mono', 'blue'),
           ('house', 'blob', 'green'), ('dog', 'twemoji', 'blue'), ('cat', 'fluent', 'green'), ('bus', 'mono', 'yellow'),
           ('hamburger', 'blob', 'blue'), ('airplane', 'twemoji', 'white'), ('fish', 'fluent', 'yellow'), ('bicycle', 'mono', 'white'),
           ('banana', 'blob', 'purple'), ('red apple', 'twemoji', 'gray'), ('rose', 'fluent', 'white'), ('umbrella', 'mono', 'red'),
           ('sunflower', 'blob', 'blue'), ('tree', 'twemoji', 'orange'), ('mushroom', 'fluent', 'blue'), ('tree', 'mono', 'white')]
PROMPTS = [f'{data.art(o)} {o}, {s} style, {c} background' for o, s, c in SAMPLES] + [
    'a photo of a church', 'horse', 'a photo of a guitar', 'pizza', 'rocket', 'a picture of a dog', 'a cat in mono style', 'a red apple on a blue background',
    'a photo of a horse', 'a banana', 'a photo of a house', 'a rose, white background']
CAPTIONS = ['a {object}, {style} style, {background} background', 'a {object} in {style} style on a {background} background',
            'a {object}, {style} style', 'a {object} in {style} style', 'a {object}, {background} background', 'a {object} on a {background} background',
            'a photo of a {object}', 'a {object}', '{object}', 'a picture of a {object}']


def jd(o, p):
    json.dump(o, open(p, 'w'), indent=2); open(p, 'a').write('\n')


def main(out, tag):
    inf, te, un, vae = load(tag)
    tmp = out.rstrip('/') + '.tmp'
    shutil.rmtree(tmp, ignore_errors=True)
    recipe = os.environ.get('RECIPE', '1') != '0'
    for f in ['tokenizer', 'text_encoder', 'unet', 'vae', 'scheduler'] + ['recipe'] * recipe:
        os.makedirs(f'{tmp}/{f}')
    jd({'_class_name': 'StableDiffusionPipeline', '_diffusers_version': '0.35.2', 'feature_extractor': [None, None],
        'image_encoder': [None, None], 'requires_safety_checker': False, 'safety_checker': [None, None],
        'scheduler': ['diffusers', 'DDIMScheduler'], 'text_encoder': ['transformers', 'CLIPTextModel'],
        'tokenizer': ['transformers', 'CLIPTokenizer'], 'unet': ['diffusers', 'UNet2DConditionModel'],
        'vae': ['diffusers', 'AutoencoderKL']}, f'{tmp}/model_index.json')
    for f in os.listdir(f'{W}/tokenizer'):
        shutil.copy(f'{W}/tokenizer/{f}', f'{tmp}/tokenizer/{f}')
    jd(inf['text'], f'{tmp}/text_encoder/config.json'); jd(inf['unet'], f'{tmp}/unet/config.json')
    jd(vae.config, f'{tmp}/vae/config.json'); jd(inf['scheduler'], f'{tmp}/scheduler/scheduler_config.json')
    M = {'format': 'pt'}
    st.save(f'{tmp}/text_encoder/model.safetensors', {k: v for k, v in te.state_dict().items()}, M)
    st.save(f'{tmp}/unet/diffusion_pytorch_model.safetensors', un.state_dict(), M)
    st.save(f'{tmp}/vae/diffusion_pytorch_model.safetensors', vae.state_dict(), M)
    for d in ('detector', 'detector-b'):
        if os.path.exists(f'{W}/{d}/config.json'):
            shutil.copytree(f'{W}/{d}', f'{tmp}/{d}')
    for f in sorted(os.listdir(HERE)):
        if recipe and f.endswith(('.py', '.sh')):
            shutil.copy(f'{HERE}/{f}', f'{tmp}/recipe/{f}')
    open(f'{tmp}/NOTICE', 'w').write(NOTICE.replace('{name}', os.path.basename(out.rstrip('/'))))
    jd({'objects': data.OBJECTS, 'styles': data.STYLES, 'backgrounds': data.CNAMES, 'templates': CAPTIONS}, f'{tmp}/prompts.json')
    for a, b in ((f'{W}/README_{tag}.md', 'README.md'), (f'{W}/eval_{tag}.json', 'evaluation.json')):
        if os.path.exists(a):
            shutil.copy(a, f'{tmp}/{b}')
    grid(sample2(PROMPTS, (te, un, vae), inf['scheduler'], 42), PROMPTS, f'{tmp}/samples.png')
    n = sum(os.path.getsize(os.path.join(a, f)) for a, _, fs in os.walk(tmp) for f in fs)
    old = out.rstrip('/') + '.old'
    shutil.rmtree(old, ignore_errors=True)
    if os.path.exists(out):
        os.rename(out, old)
    os.rename(tmp, out); shutil.rmtree(old, ignore_errors=True)
    print('delivered', tag, 'step', inf['steps'], round(n / 1e6, 2), 'MB')


if __name__ == '__main__':
    main(*sys.argv[1:3])
