package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model simple enough to compute by hand, of width 2, with the bundled tokenizer.
 *
 * <p>The text encoder says at every position {@code C x + beta}: x is the token's embedding, C centres it, {@code C (a, b) = ((a - b) / 2, (b - a) / 2)},
 * and beta, the final layer norm's bias, is all that is trained. (Attention and feed-forward are zero, and the layer norms' epsilon of 1e6 with a
 * final weight of 1000 makes them linear.) Embeddings: {@code church} (0.5, -0.5), {@code dog} (-0.25, 0.25), every other token 0.
 *
 * <p>The denoiser reads the first position behind the start token: {@code eps(z, t, c) = 2 z + 3 c[1]}, for latents of two numbers.
 */
final class LinearModel implements Student {

    /** The only noisy latent. */
    static final float[] LATENT = {1, 2};

    private final TrainableWeights weights;
    private final ClipTextConfig config;
    private final PipelineComponents components;

    /** @param beta0 the trained encoder's beta at first is (beta0, -beta0); the frozen encoder's is 0 */
    LinearModel(float beta0, NDManager manager) {
        PipelineComponents bundled = BundledModel.pipeline().components();
        config = new ClipTextConfig(bundled.tokenizer().vocabSize(), 2, 2, 1, 1, bundled.tokenizer().maxLength(), "quick_gelu", 1e6,
                bundled.tokenizer().eosId());
        ClipTextModel frozen = new ClipTextModel(config, Weights.of(weights(0, bundled.tokenizer(), manager)));
        weights = TrainableWeights.of(Weights.of(weights(beta0, bundled.tokenizer(), manager)), name -> name.equals("text_model.final_layer_norm.bias"),
                manager);
        components = new PipelineComponents(bundled.directory(), bundled.configs(), bundled.tokenizer(), frozen, "linear", null, bundled.unet(), bundled.vae(),
                bundled.scheduler(), bundled.device(), bundled.lane());
    }

    private Map<String, NDArray> weights(float beta0, ClipTokenizer tokenizer, NDManager manager) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        float[] tokens = new float[config.vocabSize() * 2];
        token(tokens, tokenizer.tokenize("church")[0], 0.5f);
        token(tokens, tokenizer.tokenize("dog")[0], -0.25f);
        tensors.put("text_model.embeddings.token_embedding.weight", Tensors.of(manager, tokens, new Shape(config.vocabSize(), 2)));
        zeros(tensors, "text_model.embeddings.position_embedding.weight", manager, config.maxPositionEmbeddings(), 2);
        String layer = "text_model.encoder.layers.0.";
        for (String linear : List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2")) {
            zeros(tensors, layer + linear + ".weight", manager, 2, 2);
            zeros(tensors, layer + linear + ".bias", manager, 2);
        }
        for (String norm : List.of("layer_norm1", "layer_norm2")) {
            zeros(tensors, layer + norm + ".weight", manager, 2);
            zeros(tensors, layer + norm + ".bias", manager, 2);
        }
        tensors.put("text_model.final_layer_norm.weight", Tensors.of(manager, new float[] {1000, 1000}, new Shape(2)));
        tensors.put("text_model.final_layer_norm.bias", Tensors.of(manager, new float[] {beta0, -beta0}, new Shape(2)));
        return tensors;
    }

    private static void token(float[] tokens, int id, float value) {
        tokens[2 * id] = value;
        tokens[2 * id + 1] = -value;
    }

    private static void zeros(Map<String, NDArray> tensors, String name, NDManager manager, long... shape) {
        Shape wanted = new Shape(shape);
        tensors.put(name, Tensors.of(manager, new float[(int) wanted.size()], wanted));
    }

    PipelineComponents components() {
        return components;
    }

    NDArray beta() {
        return weights.trained().get("text_model.final_layer_norm.bias");
    }

    static NDArray denoise(NDArray latents, NDArray timesteps, NDArray context) {
        return Aten.scale(latents, 2).add(Aten.scale(context.get(new NDIndex(":, 1")), 3).reshape(latents.getShape()));
    }

    ConceptPrompt prompt(String concept, String anchor) {
        return ConceptPrompt.of(components.tokenizer(), concept, anchor, concept);
    }

    /** Frozen predictions of the linear model. */
    FrozenPredictions frozen(ErasureSettings settings) {
        return new FrozenPredictions(components, components.baseEncoder(), new UnetMeter(), settings, new CancellationToken(),
                LinearModel::denoise, components.unet());
    }

    /** {@link #LATENT} for every row, with the frozen model's prediction for each prompt's text and the settings' target for its anchor. */
    LatentSource latents(ErasureSettings settings, List<ConceptPrompt> prompts, boolean retained) {
        FrozenPredictions frozen = frozen(settings);
        return new LatentSource() {

            @Override
            public int[] pick(int count, Noise noise) {
                return new int[count];
            }

            @Override
            public Draw draw(int[] contexts, Noise noise, NDManager manager) {
                int rows = contexts.length;
                float[] values = new float[2 * rows];
                for (int i = 0; i < values.length; i++) {
                    values[i] = LATENT[i % 2];
                }
                NDArray latents = Tensors.of(manager, values, new Shape(rows, 1, 1, 2));
                NDArray time = FrozenPredictions.timesteps(manager, new float[rows]);
                List<ConceptPrompt> drawn = Arrays.stream(contexts).mapToObj(prompts::get).toList();
                return Autograd.noGrad(() -> {
                    NDArray original = frozen.predict(latents, time, frozen.encode(drawn.stream().map(ConceptPrompt::text).toList(), manager), manager);
                    NDArray target = retained ? original : frozen.target(original, latents, time,
                            frozen.encode(drawn.stream().map(ConceptPrompt::anchor).toList(), manager),
                            frozen.encode(Collections.nCopies(rows, ""), manager), manager);
                    return new Draw(latents, time, target, original);
                });
            }
        };
    }

    @Override
    public Map<String, NDArray> trained() {
        return weights.trained();
    }

    @Override
    public Networks training() {
        return new Networks(new ClipTextModel(config, weights.training()), LinearModel::denoise);
    }

    @Override
    public Networks attacked() {
        return new Networks(new ClipTextModel(config, weights.attacked()), LinearModel::denoise);
    }

    @Override
    public Student beside(NDManager manager) {
        throw new UnsupportedOperationException();
    }

    @Override
    public UNet2DConditionModel unet() {
        return components.unet();
    }

    @Override
    public Path write(Path workDirectory) {
        throw new UnsupportedOperationException();
    }
}
