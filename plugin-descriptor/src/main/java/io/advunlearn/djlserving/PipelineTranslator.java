package io.advunlearn.djlserving;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.BytesSupplier;
import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import io.advunlearn.service.images.Images;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.ServedPipeline;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayInputStream;
import java.util.concurrent.ExecutionException;

/**
 * One request to a pipeline's DJL Serving model: the JSON of OpenAI's image API in, its JSON or (with {@code Accept: image/png})
 * the PNG out. Used by all workers of the model at once; the pipeline's own queue sorts them out.
 */
final class PipelineTranslator implements NoBatchifyTranslator<Input, Output> {

    private static final String GENERATION = "generation";

    private final Images images;
    private final ServedPipeline pipeline;

    PipelineTranslator(Images images, ServedPipeline pipeline) {
        this.images = images;
        this.pipeline = pipeline;
    }

    @Override
    public NDList processInput(TranslatorContext context, Input input) {
        BytesSupplier body = input.getData();
        context.setAttachment(GENERATION, images.generate(new ByteArrayInputStream(body == null ? new byte[0] : body.getAsBytes()),
                input.getProperty("Accept", null), pipeline));
        return new NDList();
    }

    @Override
    public Output processOutput(TranslatorContext context, NDList nothing) throws InterruptedException, ExecutionException {
        Images.Generation generation = (Images.Generation) context.getAttachment(GENERATION);
        try {
            return output(generation.answer().get());
        } catch (InterruptedException e) {
            // The server stops this worker.
            generation.cancel().run();
            throw e;
        }
    }

    private static Output output(Answer answer) {
        Output output = new Output(answer.status(), HttpResponseStatus.valueOf(answer.status()).reasonPhrase());
        output.addProperty("Content-Type", answer.mediaType());
        answer.headers().forEach(output::addProperty);
        output.add(answer.body());
        return output;
    }
}
