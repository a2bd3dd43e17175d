package io.advunlearn.model;

import io.advunlearn.model.ImageResize.Filter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * From an 8-bit picture to a network's input: resize, centre crop, scale, normalise, in the order of transformers' {@code CLIPImageProcessor}.
 *
 * @param shortestEdge pixels of the shorter edge after resizing; 0 to resize to the crop's size whatever the proportions
 * @param height of the input
 * @param width of the input
 * @param filter Pillow's resampling filter
 * @param low what the darkest pixel becomes before normalisation
 * @param high what the brightest pixel becomes before normalisation
 * @param mean subtracted, one a channel in the network's order
 * @param std divided by, one a channel in the network's order
 * @param bgr whether the network's channels are blue, green, red
 * @param channelsLast whether the input is [H, W, 3] instead of [3, H, W]
 */
public record ImageProcessor(int shortestEdge, int height, int width, String filter, double low, double high, List<Double> mean,
        List<Double> std, boolean bgr, boolean channelsLast) {

    private static final int CHANNELS = 3;
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);
    private static final int CLIP_SIZE = 224;
    /** Pillow's numbers of its filters. */
    private static final int BILINEAR = 2;
    private static final int BICUBIC = 3;

    /**
     * A CLIP folder's {@code preprocessor_config.json}, with transformers' defaults.
     *
     * @throws IllegalArgumentException naming the file, the field and what is accepted
     */
    public static ImageProcessor clip(Path preprocessorConfig) {
        ConfigFile file = ConfigFile.read(preprocessorConfig);
        for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb")) {
            file.accept(step, true);
        }
        file.accept("rescale_factor", 1 / 255.0);
        file.accept("resample", BILINEAR, BICUBIC);
        int crop = size(file, "crop_size", "height");
        if (crop != size(file, "crop_size", "width")) {
            throw file.refuse("crop_size", "not square", "the same height and width");
        }
        int edge = size(file, "size", "shortest_edge");
        if (edge < crop) {
            throw file.refuse("size", edge, "at least the crop_size " + crop);
        }
        return new ImageProcessor(edge, crop, crop, file.integer("resample", BICUBIC, 0) == BICUBIC ? "bicubic" : "bilinear", 0, 1,
                file.numbers("image_mean", CLIP_MEAN, CHANNELS), file.numbers("image_std", CLIP_STD, CHANNELS), false, false);
    }

    /** A size is an object, or in old files one number. */
    private static int size(ConfigFile file, String field, String part) {
        return file.isObject(field) ? file.section(field).orElseThrow().integer(part, CLIP_SIZE, 1) : file.integer(field, CLIP_SIZE, 1);
    }

    /**
     * @param rgb {@code pixelHeight * pixelWidth * 3} bytes
     * @return {@code 3 * height * width} values
     */
    public float[] process(byte[] rgb, int pixelWidth, int pixelHeight) {
        int toWidth = width;
        int toHeight = height;
        if (shortestEdge > 0) {
            int shorter = Math.min(pixelWidth, pixelHeight);
            toWidth = (int) ((long) shortestEdge * pixelWidth / shorter);
            toHeight = (int) ((long) shortestEdge * pixelHeight / shorter);
        }
        byte[] resized = ImageResize.resize(rgb, pixelWidth, pixelHeight, toWidth, toHeight, Filter.valueOf(filter.toUpperCase(Locale.ROOT)));
        return values(resized, toWidth, (toWidth - width) / 2, (toHeight - height) / 2);
    }

    private float[] values(byte[] rgb, int rowWidth, int left, int top) {
        float[] values = new float[CHANNELS * height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < CHANNELS; c++) {
                    int pixel = rgb[((top + y) * rowWidth + left + x) * CHANNELS + (bgr ? CHANNELS - 1 - c : c)] & 255;
                    double scaled = low + pixel / 255.0 * (high - low);
                    values[channelsLast ? (y * width + x) * CHANNELS + c : (c * height + y) * width + x] = (float) ((scaled - mean.get(c)) / std.get(c));
                }
            }
        }
        return values;
    }
}
