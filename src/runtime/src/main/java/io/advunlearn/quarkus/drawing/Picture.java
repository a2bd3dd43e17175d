package io.advunlearn.quarkus.drawing;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.quarkus.GeneratedImage;
import io.advunlearn.service.images.ImageFormat;
import java.awt.image.BufferedImage;

/** One picture of a result. */
record Picture(GenerationResult result, GenerationRequest request, int index) implements GeneratedImage {

    private static final ImageFormat PNG = new ImageFormat(ImageFormat.PNG, 100);

    private RgbImage image() {
        return result.images().get(index);
    }

    @Override
    public long seed() {
        return request.seeds().get(index);
    }

    @Override
    public int width() {
        return image().width();
    }

    @Override
    public int height() {
        return image().height();
    }

    @Override
    public byte[] png() {
        return PNG.encode(result, index, request);
    }

    @Override
    public BufferedImage toBufferedImage() {
        return image().toBufferedImage();
    }
}
