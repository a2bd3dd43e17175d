package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.List;
import java.util.Map;

/** The terms of the objective that need no UNet, as weighted sums; losses are added to {@code values} by name. */
final class TextTerms {

    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final TextTargets retained;
    private final TextTargets erased;
    private final SearchedPrompts searched;
    private final ConceptAnswers answers;
    private final NDArray empty;

    /**
     * @param prompts gives the texts
     * @param searched may be {@code null}
     * @param answers needed where the UNet is left out, else may be {@code null}
     * @param manager owns the frozen embeddings
     */
    TextTerms(PipelineComponents components, ErasureSettings settings, ErasurePrompts prompts, FrozenPredictions frozen, KeyValueDistance distance,
            SearchedPrompts searched, ConceptAnswers answers, Noise root, NDManager manager) {
        this.components = components;
        this.settings = settings;
        this.searched = searched;
        this.answers = answers;
        empty = frozen.encodeAtStart(List.of(""), manager);
        retained = settings.retainTexts() == 0 ? null : TextTargets.retained(components,
                prompts.retained(settings.retainTexts(), root.fork("texts")), frozen, distance, settings.retainStateWeight(), manager);
        erased = settings.eraseTexts() == 0 ? null : TextTargets.erased(components,
                prompts.contexts(settings.eraseTexts(), root.fork("erased-texts")), frozen, distance, manager);
    }

    /** Adds what leads concept prompts and searched texts to their anchors. @param loss may be {@code null} */
    NDArray erase(NDArray loss, ClipTextModel encoder, Noise noise, Map<String, Double> values, NDManager scratch) {
        return searched(erased(loss, encoder, noise, values, scratch), encoder, noise, values, scratch);
    }

    /** Adds what leads concept prompts to their anchors. @param loss may be {@code null} */
    NDArray erased(NDArray loss, ClipTextModel encoder, Noise noise, Map<String, Double> values, NDManager scratch) {
        return erased == null ? loss : plus(loss, erased.loss(encoder, settings.eraseTextBatch(), noise.fork("texts"), scratch),
                settings.eraseTextWeight(), "loss_erase_text", values);
    }

    /** Adds what leads searched texts to their anchors. @param loss may be {@code null} */
    NDArray searched(NDArray loss, ClipTextModel encoder, Noise noise, Map<String, Double> values, NDManager scratch) {
        return !hasSearched() ? loss : plus(loss, searched.loss(encoder, settings.searchTextBatch(), noise.fork("searched"), scratch),
                settings.searchTextWeight(), "loss_searched", values);
    }

    boolean hasSearched() {
        return searched != null && !searched.isEmpty();
    }

    /** The erase loss on attacked prompts when the UNet is left out: how far from the anchor's answers they lead the denoiser. */
    NDArray attacked(AdversarialPrompts.Round round, NDArray adversarial, ClipTextModel encoder, Map<String, Double> values, NDManager scratch) {
        WindowPrefix prefix = round.batch().prefix();
        NDArray distances = answers.distance(round.batch().hidden(encoder, prefix, adversarial), prefix, answers.anchors(round.contexts(), scratch));
        return plus(null, Aten.scale(distances.mean(), 1 / answers.unit()), 1, "loss_erase_kv", values);
    }

    /** Adds what holds retained prompts and the empty one still. @param loss may be {@code null} */
    NDArray retain(NDArray loss, ClipTextModel encoder, Noise noise, Map<String, Double> values, NDManager scratch) {
        NDArray sum = loss;
        if (retained != null) {
            sum = plus(sum, retained.loss(encoder, settings.retainTextBatch(), noise.fork("texts"), scratch), settings.retainTextWeight(),
                    "loss_text", values);
        }
        if (settings.emptyWeight() > 0) {
            NDArray now = encoder.encode(scratch, components.tokenizer().encodeAll(List.of("")));
            sum = plus(sum, now.sub(empty).square().mean(), settings.emptyWeight(), "loss_empty", values);
        }
        return sum;
    }

    /** {@code loss + weight x term}; the term's value is noted. */
    static NDArray plus(NDArray loss, NDArray term, double weight, String name, Map<String, Double> values) {
        values.put(name, (double) Tensors.number(term));
        NDArray weighted = Aten.scale(term, weight);
        return loss == null ? weighted : loss.add(weighted);
    }
}
