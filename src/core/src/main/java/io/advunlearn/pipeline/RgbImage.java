package io.advunlearn.pipeline;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.w3c.dom.Node;

/**
 * An 8-bit RGB picture.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb {@code height * width * 3} bytes, row by row, red first
 */
public record RgbImage(int width, int height, byte[] rgb) {

    private static final String JPEG_METADATA = "javax_imageio_jpeg_image_1.0";

    /** @throws IllegalArgumentException if the number of bytes does not fit the size */
    public RgbImage {
        if (width < 1 || height < 1 || rgb.length != width * height * 3) {
            throw new IllegalArgumentException("rgb has " + rgb.length + " bytes, expected " + width + "x" + height + "x3");
        }
    }

    /** Nothing to see. */
    public static RgbImage black(int width, int height) {
        return new RgbImage(width, height, new byte[width * height * 3]);
    }

    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i += 3) {
                image.setRGB(x, y, (rgb[i] & 255) << 16 | (rgb[i + 1] & 255) << 8 | rgb[i + 2] & 255);
            }
        }
        return image;
    }

    /**
     * JPEG bytes; the same for the same picture and text in every process.
     *
     * @param quality 0, the smallest file, to 100
     * @param text comment segments, {@code keyword: value} (Latin-1)
     */
    public byte[] toJpeg(int quality, Map<String, String> text) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        BufferedImage image = toBufferedImage();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality / 100f);
            IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), param);
            Node root = metadata.getAsTree(JPEG_METADATA);
            new TreeMap<>(text).forEach((keyword, value) -> {
                IIOMetadataNode comment = new IIOMetadataNode("com");
                comment.setAttribute("comment", keyword + ": " + value);
                // the tables and what else the picture needs follow
                root.getLastChild().insertBefore(comment, root.getLastChild().getFirstChild());
            });
            metadata.setFromTree(JPEG_METADATA, root);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, metadata), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /**
     * PNG bytes; the same for the same picture and text in every process.
     *
     * @param text tEXt chunks by keyword (Latin-1), for example {@code X-Encoder-Version}
     */
    public byte[] toPng(Map<String, String> text) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        BufferedImage image = toBufferedImage();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
            IIOMetadataNode chunks = new IIOMetadataNode("tEXt");
            // By keyword: the order of Map.of is another one in every process.
            new TreeMap<>(text).forEach((keyword, value) -> {
                IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
                entry.setAttribute("keyword", keyword);
                entry.setAttribute("value", value);
                chunks.appendChild(entry);
            });
            IIOMetadataNode root = new IIOMetadataNode("javax_imageio_png_1.0");
            root.appendChild(chunks);
            metadata.mergeTree("javax_imageio_png_1.0", root);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, metadata), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
