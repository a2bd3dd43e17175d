package io.advunlearn.erasure;

import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Every prompt of one erasure: those of its concepts, and those that should stay. */
final class ErasurePrompts {

    private final List<ErasureConcept> concepts;
    private final List<ConceptPrompts> erased;
    private final RetainPrompts retained;

    /**
     * @param catalog of {@link #catalog}
     * @param anchors what each concept becomes, empty to leave it out
     * @param filter drops what is too near to a concept
     */
    ErasurePrompts(PipelineComponents components, PromptCatalog catalog, ErasureRequest request, List<String> anchors, RetainFilter filter) {
        concepts = request.concepts();
        erased = new ArrayList<>();
        for (int i = 0; i < concepts.size(); i++) {
            erased.add(new ConceptPrompts(catalog, components.tokenizer(), concepts.get(i), anchors.get(i)));
        }
        HeldPrompts held = new HeldPrompts(catalog, components.tokenizer(), request.earlier());
        retained = new RetainPrompts(filter.catalog(catalog), request.kind(), filter.list(request.retain()), held);
    }

    /**
     * The model's catalogue without any erased concept, whose target would be drawn by the original model, which still knows it, and without
     * words related to one.
     */
    static PromptCatalog catalog(PipelineComponents components, ErasureRequest request) {
        PromptCatalog all = PromptCatalog.of(components.directory());
        List<String> erased = Stream.concat(request.start().lineage().stream().map(LineageEntry::concept), request.words().stream()).toList();
        Set<String> gone = new LinkedHashSet<>(erased);
        Stream.concat(all.objects().stream(), all.styles().stream()).filter(word -> isRelated(word, erased)).forEach(gone::add);
        return all.without(gone);
    }

    private static boolean isRelated(String word, Collection<String> concepts) {
        return concepts.stream().anyMatch(concept -> RelatedWords.holds(word, concept)
                || RelatedWords.of(concept).stream().anyMatch(related -> RelatedWords.holds(word, related)));
    }

    /** {@code count} prompts of each concept, one concept after the other. */
    List<ConceptPrompt> contexts(int count, Noise noise) {
        List<ConceptPrompt> all = new ArrayList<>();
        for (int i = 0; i < erased.size(); i++) {
            all.addAll(erased.get(i).contexts(count, erased.size() == 1 ? noise : noise.fork(concepts.get(i).concept())));
        }
        return all;
    }

    /** The bare concepts, as the published method trains. */
    List<ConceptPrompt> bare() {
        return erased.stream().map(ConceptPrompts::bare).toList();
    }

    /** {@code count} prompts that should stay as they are. */
    List<String> retained(int count, Noise noise) {
        return retained.prompts(count, noise);
    }

    /** Every retained prompt given out so far. */
    List<RetainFile.Row> retainedRows() {
        return retained.rows();
    }
}
