"""What a review feels: text, photos and voice, each by itself and together."""
