package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.advunlearn.model.ClipTextConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** On the tensors of CLIP ViT-L/14's text tower (12 layers of width 768, feed-forward 3072), by shape alone. */
class TrainedWeightsTest {

    private static final ClipTextConfig VIT_L = new ClipTextConfig(49408, 768, 3072, 12, 12, 77, "quick_gelu", 1e-5, 49407);

    /** Numbers a tensor holds, by state-dict name. */
    private static Map<String, Long> sizes() {
        long width = VIT_L.hiddenSize();
        long inner = VIT_L.intermediateSize();
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("text_model.embeddings.token_embedding.weight", VIT_L.vocabSize() * width);
        sizes.put("text_model.embeddings.position_embedding.weight", 77 * width);
        for (int i = 0; i < VIT_L.numHiddenLayers(); i++) {
            String layer = "text_model.encoder.layers." + i;
            for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                linear(sizes, layer + ".self_attn." + projection, width, width);
            }
            linear(sizes, layer + ".mlp.fc1", inner, width);
            linear(sizes, layer + ".mlp.fc2", width, inner);
            linear(sizes, layer + ".layer_norm1", width, 1);
            linear(sizes, layer + ".layer_norm2", width, 1);
        }
        linear(sizes, "text_model.final_layer_norm", width, 1);
        return sizes;
    }

    private static void linear(Map<String, Long> sizes, String name, long out, long in) {
        sizes.put(name + ".weight", out * in);
        sizes.put(name + ".bias", out);
    }

    private static long count(List<Integer> layers, EncoderComponent component, boolean finalNorm) {
        TrainedWeights weights = new TrainedWeights(layers, component, finalNorm);
        return sizes().entrySet().stream().filter(e -> weights.contains(e.getKey())).mapToLong(Map.Entry::getValue).sum();
    }

    @Test
    void twoLayersHaveThePublishedCount() {
        // A layer: attention 4 (768 x 768 + 768) = 2,362,368; feed-forward 2 x 768 x 3072 + 3072 + 768 = 4,722,432; norms 3,072.
        assertThat(count(List.of(0, 1), EncoderComponent.ALL, false)).isEqualTo(14_175_744);
    }

    @Test
    void componentsLeaveTheLayersNormsOut() {
        assertThat(count(List.of(1), EncoderComponent.ATTN, false)).isEqualTo(2_362_368);
        assertThat(count(List.of(1), EncoderComponent.FFN, false)).isEqualTo(4_722_432);
        assertThat(count(List.of(1), EncoderComponent.ALL, false)).isEqualTo(2_362_368 + 4_722_432 + 3_072);
    }

    @Test
    void noLayersNamedAreAllAndTheFinalNormIsAskedForByItself() {
        assertThat(count(List.of(), EncoderComponent.ALL, false)).isEqualTo(85_054_464);
        assertThat(count(List.of(), EncoderComponent.ALL, true)).isEqualTo(85_054_464 + 1_536);
        assertThat(count(List.of(3), EncoderComponent.FFN, true)).isEqualTo(4_722_432 + 1_536);
    }

    @Test
    void layerOneIsNotLayerTen() {
        TrainedWeights weights = new TrainedWeights(List.of(1), EncoderComponent.ALL, false);
        assertThat(sizes().keySet().stream().filter(weights::contains)).hasSize(16).allMatch(name -> name.contains(".layers.1."));
    }

    @Test
    void aLayerThatThereIsNotIsRefused() {
        for (int layer : new int[] {-1, 12}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new TrainedWeights(List.of(0, layer), EncoderComponent.ALL, false).check(VIT_L))
                    .withMessage("layers must be between 0 and 11, not " + layer);
        }
    }
}
