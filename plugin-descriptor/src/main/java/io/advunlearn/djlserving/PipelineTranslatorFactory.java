package io.advunlearn.djlserving;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.serving.ServedPipeline;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Loads a text-to-image pipeline with its DJL Serving model, named by {@code translatorFactory} in {@code serving.properties}.
 * The pipeline is ready when the model is, and is freed with it.
 */
public final class PipelineTranslatorFactory implements TranslatorFactory {

    private static final long serialVersionUID = 1L;

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(new Pair<>(Input.class, Output.class));
    }

    /** @throws TranslateException if the pipeline cannot be loaded or a model of its name is loaded already */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) throws TranslateException {
        if (!isSupported(input, output)) {
            throw new IllegalArgumentException("a text-to-image pipeline takes an Input and gives an Output");
        }
        AdvUnlearnService service = DjlServingHost.get().service();
        try {
            ServingProperties properties = new ServingProperties(model.getModelPath(), model.getNDManager().getDevice(), arguments);
            ServedPipeline pipeline = service.pipelines().load(properties.name(), properties.settings());
            // The model's manager closes what is attached to it, and nothing else tells that the model goes.
            model.getNDManager().attachInternal(UUID.randomUUID().toString(), () -> service.unload(pipeline));
            return (Translator<I, O>) new PipelineTranslator(service.images(), pipeline);
        } catch (RuntimeException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
