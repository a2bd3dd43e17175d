package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineReconciler;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/** What each of several encoders makes of requests, drawn here one at a time: an image of a gateway must be that of the encoder which it names, and of no other. */
public final class OfflineImages {

    /** Of 255: a gateway draws requests in common calls of the UNet. */
    private static final int BATCHED_DIFFERENCE = 2;
    /** How many times nearer an image is to its own encoder's than to another's. */
    private static final int NEARER = 20;
    /** JPEG rounds the differences of batches again, to its own colours. */
    private static final int JPEG_DIFFERENCE = 12;
    private static final int JPEG_NEARER = 4;
    private static final int BEST_QUALITY = 100;

    private final Map<String, Map<GenerationRequest, RgbImage>> images;

    private OfflineImages(Map<String, Map<GenerationRequest, RgbImage>> images) {
        this.images = images;
    }

    /**
     * @param folder for a registry
     * @param encoders the factor by which the model's own weights are scaled, by id; see {@link EncoderFixture#scaled}
     * @param requests each of one image
     */
    public static OfflineImages draw(Path folder, Map<String, Float> encoders, Collection<GenerationRequest> requests) throws IOException {
        Map<String, Map<GenerationRequest, RgbImage>> images = new HashMap<>();
        EncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "offline");
        try (TextToImagePipeline pipeline = TextToImagePipeline.load("offline", EncoderFixture.model(), Device.cpu())) {
            for (Map.Entry<String, Float> encoder : encoders.entrySet()) {
                registry.register(EncoderFixture.scaled(folder.resolve(encoder.getKey()), encoder.getValue()),
                        new EncoderRegistry.Registration(encoder.getKey(), null, null, List.of(), "imported", "test", null, new float[0]));
                new PipelineReconciler("offline", registry, pipeline.slot()).promote(encoder.getKey(), "test");
                images.put(encoder.getKey(), requests.stream().collect(Collectors.toMap(request -> request, request -> pipeline.generate(request,
                        StepListener.NONE, new CancellationToken()).images().get(0))));
            }
        }
        return new OfflineImages(images);
    }

    /** @throws AssertionError if it is not what the encoder makes of the request, or as much what another does */
    public void check(GenerationRequest request, String encoder, BufferedImage drawn) {
        check(request, encoder, drawn, RgbImage::toBufferedImage, BATCHED_DIFFERENCE, NEARER);
    }

    /** As {@link #check}, of a JPEG of the best quality. */
    public void checkJpeg(GenerationRequest request, String encoder, BufferedImage drawn) {
        check(request, encoder, drawn, OfflineImages::throughJpeg, JPEG_DIFFERENCE, JPEG_NEARER);
    }

    private void check(GenerationRequest request, String encoder, BufferedImage drawn, Function<RgbImage, BufferedImage> file, int most, int nearer) {
        assertThat(images).containsKey(encoder);
        ImageDifference own = ImageDifference.of(drawn, file.apply(images.get(encoder).get(request)));
        assertThat(own.most()).as("%s by %s", request, encoder).isLessThanOrEqualTo(most);
        images.forEach((other, made) -> {
            if (!other.equals(encoder)) {
                assertThat(nearer * own.sum()).as("%s by %s, or by %s?", request, encoder, other)
                        .isLessThan(ImageDifference.of(drawn, file.apply(made.get(request))).sum());
            }
        });
    }

    private static BufferedImage throughJpeg(RgbImage image) {
        try {
            return ImageIO.read(new ByteArrayInputStream(image.toJpeg(BEST_QUALITY, Map.of())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
